import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "ncsn-setup-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A file in the test's folder. */
function place(path: string, text = ""): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

/** Runs a script in the test's folder. */
function script(name: string, ...args: string[]) {
  const env = { ...process.env, INIT_CWD: folder };
  const { status, stderr } = spawnSync(process.execPath, [join(root, "scripts", name), ...args], {
    env,
    encoding: "utf8",
  });
  return { status, stderr: stderr.trim() };
}

describe.each(["setup-tensorflow.js", "setup-cuda.js"])("%s", (name) => {
  it.each([
    [["--form", "x"], "error: Unknown option '--form' (--help lists the options)"],
    [["wheel"], "error: Unexpected argument 'wheel' (--help lists the options)"],
    [["--from"], "error: Option '--from <value>' argument missing (--help lists the options)"],
    [["--from", "nowhere"], "error: no such folder: nowhere"],
    [["--from", "a-file"], "error: not a folder: a-file"],
    [["--check", "--from", "x"], "error: --check installs nothing: leave out --from"],
  ])("refuses %j", (args, message) => {
    place("a-file");
    expect(script(name, ...args)).toEqual({ status: 2, stderr: message });
  });
});

describe.runIf(process.platform === "linux" && process.arch === "x64")("setup from a folder", () => {
  it("names what makes a TensorFlow wheel", () => {
    place("empty/file");
    const { status, stderr } = script("setup-tensorflow.js", "--from", "empty");
    expect(status).toBe(2);
    expect(stderr).toMatch(/^error: no TensorFlow wheel in empty \(need [^\n]*\)$/);
  });

  it("finds the wheel in a virtual environment, and refuses one that is too old", () => {
    place("venv/lib/python3.11/site-packages/tensorflow/libtensorflow_framework.so.2");
    const { status, stderr } = script("setup-tensorflow.js", "--from", "venv");
    expect(status).toBe(2);
    expect(stderr).toBe(
      `error: ${folder}/venv/lib/python3.11/site-packages/tensorflow has no libtensorflow_cc.so.2: TensorFlow 2.10 or newer has it`,
    );
  });

  it("names the libraries of the CUDA provider that are missing", () => {
    place("half/libonnxruntime_providers_cuda.so");
    const { status, stderr } = script("setup-cuda.js", "--from", "half");
    expect(status).toBe(2);
    expect(stderr).toMatch(/^error: no libonnxruntime_providers_cuda.so and [^\n]* in half [^\n]*$/);
  });

  it.each([
    ["a release", "release/lib", "release/VERSION_NUMBER", "release"],
    ["a release's libraries", "libraries", "libraries/libonnxruntime.so.1.2.3", "libraries"],
    ["a pip package", "site/onnxruntime/capi", "site/onnxruntime_gpu-1.2.3.dist-info/METADATA", "site"],
  ])("refuses a CUDA provider of another version, in %s", (_, libraries, mark, from) => {
    place(`${libraries}/libonnxruntime_providers_cuda.so`);
    place(`${libraries}/libonnxruntime_providers_shared.so`);
    place(mark, "1.2.3\n");
    const { status, stderr } = script("setup-cuda.js", "--from", from);
    expect(status).toBe(2);
    expect(stderr).toMatch(/is of ONNX Runtime 1\.2\.3: onnxruntime-node needs \d+\.\d+\.\d+$/);
  });
});
