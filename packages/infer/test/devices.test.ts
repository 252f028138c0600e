import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import onnxProto from "onnx-proto";
import { describe, expect, it } from "vitest";
import { probeDevices, type DeviceInUse } from "@ncsn/infer/node";
import { convolutionModel } from "../src/node/convolution-model.ts";

const run = promisify(execFile);
const { onnx } = onnxProto;

describe("the model to try devices with", () => {
  it("is a convolution", () => {
    const shape = (...sizes: number[]) => ({
      tensorType: { elemType: 1, shape: { dim: sizes.map((size) => ({ dimValue: String(size) })) } },
    });
    expect(onnx.ModelProto.decode(convolutionModel()).toJSON()).toEqual({
      irVersion: "8",
      opsetImport: [{ domain: "", version: "17" }],
      graph: {
        name: "probe",
        node: [{ opType: "Conv", name: "convolution", input: ["x", "w"], output: ["y"] }],
        input: [
          { name: "x", type: shape(1, 64, 30, 30) },
          { name: "w", type: shape(64, 64, 3, 3) },
        ],
        output: [{ name: "y", type: shape(1, 64, 28, 28) }],
      },
    });
  });

  it("runs on the cpu, in a process of its own", async () => {
    const { stdout } = await run(process.execPath, [
      join(import.meta.dirname, "../dist/node/probe-device.js"),
      "cpu",
    ]);
    const { slowdown } = JSON.parse(stdout) as { slowdown: number };
    expect(slowdown).toBeGreaterThan(0.02);
    expect(slowdown).toBeLessThan(50);
  });
});

describe("the devices", () => {
  it("are each tried and described in a line", async () => {
    const reports = await probeDevices();
    expect(reports.map(({ name }) => name)).toEqual(["cuda", "webgpu", "cpu"]);
    expect(reports.find(({ name }) => name === "cpu")).toMatchObject({
      usable: true,
      detail: expect.stringMatching(/^\d+ cores?$/) as string,
    });
    for (const { detail } of reports) expect(detail).toMatch(/^[^\n]+$/);
  });
});

/** A Vulkan device in software, which comes with Chromium. */
const swiftShader = ["/usr/lib/chromium", "/usr/lib/chromium-browser"]
  .map((folder) => join(folder, "vk_swiftshader_icd.json"))
  .find(existsSync);

/** In a process of its own, for the driver is chosen by its environment. */
async function withSwiftShader(script: string): Promise<unknown> {
  const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", script], {
    cwd: join(import.meta.dirname, ".."),
    env: { ...process.env, VK_ICD_FILENAMES: swiftShader },
  });
  return JSON.parse(stdout);
}

if (swiftShader === undefined)
  console.log("skipped: no SwiftShader, which Debian's chromium brings, for WebGPU in software");
describe.skipIf(swiftShader === undefined)("WebGPU in software", () => {
  it("is seen to be that, and left alone unless asked for", { timeout: 120_000 }, async () => {
    const { gaussianModel } = await import("./gaussian-model.ts");
    const bytes = Buffer.from(gaussianModel()).toString("base64");
    const device = (await withSwiftShader(`
      import { load } from "@ncsn/infer/node";
      const model = await load(Buffer.from("${bytes}", "base64"));
      console.log(JSON.stringify(model.device));
    `)) as DeviceInUse;
    expect(device.name).toBe("cpu");
    expect(device.unused.find(({ name }) => name === "webgpu")?.reason).toMatch(
      /times slower than the cpu: in software/,
    );
  });

  it("gives the scores of the probe and the cpu's samples", { timeout: 120_000 }, async () => {
    const { gaussianModel } = await import("./gaussian-model.ts");
    const bytes = Buffer.from(gaussianModel()).toString("base64");
    const found = (await withSwiftShader(`
      import { load } from "@ncsn/infer/node";
      const bytes = Buffer.from("${bytes}", "base64");
      const samples = [];
      let error, name;
      for (const device of ["webgpu", "cpu"]) {
        const model = await load(bytes, { device });
        if (device === "webgpu") [error, name] = [await model.verify(), model.device.name];
        samples.push([...(await model.sample({ count: 3, seed: 1 })).data]);
        await model.dispose();
      }
      const difference = Math.max(...samples[0].map((value, i) => Math.abs(value - samples[1][i])));
      console.log(JSON.stringify({ name, error, difference }));
    `)) as { name: string; error: number; difference: number };
    expect(found.name).toBe("webgpu");
    expect(found.error).toBeLessThan(1e-5);
    expect(found.difference).toBeLessThan(1e-4);
  });
});
