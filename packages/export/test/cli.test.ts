/** `pnpm export` as a user runs it: a process of its own, in a folder of its own. */
import { spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeCheckpoint, readCard, type Probe, type Tensor } from "@ncsn/core";
import { decodeModel, exportModel, guidedModel, halfModel } from "@ncsn/export";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { trainedModel, type TrainedModel } from "./trained-model.ts";

const cli = join(import.meta.dirname, "../dist/cli.js");
const folder = mkdtempSync(join(tmpdir(), "ncsn-export-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command; `during` sees its stderr as it grows. */
function run(
  args: readonly string[],
  during?: (stderr: string, kill: () => void) => void,
  cwd = folder,
): Promise<Outcome> {
  const child = spawn(process.execPath, [cli, ...args], { cwd });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (data: Buffer) => (stdout += data.toString()));
  child.stderr.on("data", (data: Buffer) => {
    stderr += data.toString();
    during?.(stderr, () => child.kill("SIGINT"));
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}

interface Saved {
  /** Of the run; its folder's unless told. */
  readonly name?: string;
  readonly probe?: Probe;
  readonly parameters?: ReadonlyMap<string, Tensor>;
}

/** Writes runs/NAME/checkpoint.safetensors. */
function save(name: string, { config, ...model }: TrainedModel, saved: Saved = {}): void {
  const parameters = saved.parameters ?? model.parameters;
  const state = new Map([...parameters].map(([key, tensor]) => [`ema/${key}`, tensor]));
  mkdirSync(join(folder, "runs", name), { recursive: true });
  const checkpoint = {
    config: { ...config, name: saved.name ?? name },
    step: 7,
    probe: saved.probe ?? model.probe(),
    ...(name === "classes" && { engine: "an engine" }),
    state,
  };
  writeFileSync(join(folder, "runs", name, "checkpoint.safetensors"), encodeCheckpoint(checkpoint));
}

const inModels = (): string[] =>
  existsSync(join(folder, "models")) ? readdirSync(join(folder, "models")).toSorted() : [];

const small = trainedModel({
  network: "mlp",
  options: { width: 8, layers: 1, features: 4 },
  shape: [2, 1, 1],
});
const largeModel = trainedModel({ network: "mlp", options: { width: 40 }, shape: [2, 1, 1] });
const classed = trainedModel({ options: { channels: 4, multipliers: [1, 2], classes: 2 }, shape: [1, 4, 4] });

beforeAll(() => {
  save("points", small);
  save("classes", classed);
  const probe = small.probe();
  save("wrong-probe", small, {
    probe: { ...probe, scores: probe.scores.map((row) => row.map((s) => 1.001 * s)) },
  });
  save("incomplete", small, { parameters: new Map([...small.parameters].slice(1)) });
  const [[first, tensor], ...rest] = small.parameters;
  const broken = { ...tensor, data: tensor.data.map((value, i) => (i === 1 ? NaN : value)) };
  save("diverged", small, { parameters: new Map([[first, broken], ...rest]) });
  save("large", largeModel);
  save("copied", small, { name: "points" });
  save("whole", small);
  const whole = readFileSync(join(folder, "runs/whole/checkpoint.safetensors"));
  mkdirSync(join(folder, "runs/damaged"));
  writeFileSync(join(folder, "runs/damaged/checkpoint.safetensors"), whole.subarray(0, whole.length / 2));
  mkdirSync(join(folder, "runs/begun"));
  writeFileSync(join(folder, "a-file"), "");
  const later = Date.now() / 1000 + 60;
  utimesSync(join(folder, "runs/points/checkpoint.safetensors"), later, later);
});

describe("an export", () => {
  it("takes the newest run and says which", async () => {
    const { code, stdout, stderr } = await run([]);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringMatching(/^the newest run, runs.points.checkpoint/) as string,
    });
    expect(stdout).toMatch(/^file +models.points\.onnx$/m);
    expect(stdout).toMatch(/^against float64 +\S+e-[6-9] of the score's rms, at 64 noise levels$/m);
    expect(stdout).toMatch(/^against trainer +\S+e-[6-9] of the score's rms, at 4 noise levels$/m);
    const card = readCard(readFileSync(join(folder, "models/points.onnx")));
    expect(card).toMatchObject({
      name: "points",
      shape: [2, 1, 1],
      training: { step: 7, dataset: "gaussian" },
    });
    expect(card.training.images).toBe(7 * small.config.batch);
    expect(card.training).not.toHaveProperty("engine");
    expect(card.training).not.toHaveProperty("seconds");
  });

  it("tells who trained it, and for how long: up to the checkpoint, from metrics that go on and break off", async () => {
    const folderOf = join(folder, "runs/classes");
    const lines = [3, 7, 10].map((step) => JSON.stringify({ step, loss: 1, seconds: 100 * step }));
    writeFileSync(join(folderOf, "metrics.jsonl"), `${lines.join("\n")}\n{"step":7,"sec`);
    await run(["classes", "--check", "2", "--out", "timed.onnx"]);
    expect(readCard(readFileSync(join(folder, "timed.onnx"))).training).toMatchObject({
      engine: "an engine",
      seconds: 700,
    });
  });

  it.each([
    ["a folder", "runs/classes"],
    ["a checkpoint file", "runs/classes/checkpoint.safetensors"],
    ["a name", "classes"],
  ])("takes %s, with labels, a fixed batch and a place to go", async (_, named) => {
    const { code, stderr } = await run([
      named,
      "--batch",
      "3",
      "--out",
      "here.onnx",
      "--check",
      "5",
      "--seed",
      "9",
    ]);
    expect(code, stderr).toBe(0);
    const { graph } = decodeModel(readFileSync(join(folder, "here.onnx")));
    expect(graph.inputs.map(({ name, shape }) => [name, shape[0]])).toEqual([
      ["x", 3],
      ["sigma", 3],
      ["label", 3],
    ]);
    rmSync(join(folder, "here.onnx"));
  });

  it("takes a copy whose folder has another name, with a place to go", async () => {
    const before = inModels();
    const { code, stderr } = await run(["copied", "--out", "copy.onnx"]);
    expect(code, stderr).toBe(0);
    expect([readCard(readFileSync(join(folder, "copy.onnx"))).name, inModels()]).toEqual(["points", before]);
    rmSync(join(folder, "copy.onnx"));
  });

  it("writes nothing with --dry-run", async () => {
    const before = inModels();
    const { code, stdout } = await run(["classes", "--dry-run"]);
    expect([code, inModels()]).toEqual([0, before]);
    expect(stdout).toMatch(/^parameters +[\d,]+$/m);
    expect(stdout).toMatch(/^checks +64 images, about 1 s$/m);
  });

  it("has help", async () => {
    const { code, stdout } = await run(["--help"]);
    expect([code, stdout]).toEqual([0, expect.stringContaining("--dry-run") as string]);
  });
});

describe("--half", () => {
  it("writes a file of float16 weights beside the other, the same of a run as of its file", async () => {
    const { code, stdout, stderr } = await run(["large", "--half", "--check", "3"]);
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^file +models.large-half\.onnx$/m);
    expect(stdout).toMatch(/^against float64 +\S+e-[5-9] of the score's rms, at 3 noise levels/m);
    expect(stdout).toMatch(/^against probe +\S+e-[6-9] /m);
    expect(stdout).toMatch(/^against float32 +\S+e-[3-5] of the score's rms, at 3 noise levels/m);
    expect(stdout).toMatch(/^samples +differ by \S+ at most, \S+ rms \(64 by heun, 18 steps/m);
    const half = readFileSync(join(folder, "models/large-half.onnx"));
    expect(readCard(half)).toMatchObject({ name: "large", weights: "float16" });

    await run(["large", "--out", "full.onnx", "--check", "2"]);
    const again = await run(["--half", "--from", "full.onnx", "--out", "again.onnx", "--check", "2"]);
    expect(again.code, again.stderr).toBe(0);
    expect(readFileSync(join(folder, "again.onnx")).equals(half)).toBe(true);
  });

  it("writes nothing with --dry-run", async () => {
    const before = inModels();
    const { code, stdout } = await run(["classes", "--half", "--dry-run"]);
    expect([code, inModels()]).toEqual([0, before]);
    expect(stdout).toMatch(/^file +models.classes-half\.onnx$/m);
  });
});

describe("--guide", () => {
  const fileOf = (name: string, { config, parameters, probe }: TrainedModel): Uint8Array =>
    exportModel({ config: { ...config, name }, step: 7, parameters, probe: probe() });
  const [main, guide] = [fileOf("large", largeModel), fileOf("points", small)];

  it("writes a run and the run that guides it as one file, by the weight told", async () => {
    const { code, stdout, stderr } = await run([
      "large",
      "--guide",
      "points",
      "--guidance",
      "2.5",
      "--check",
      "3",
    ]);
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^file +models.large-guided\.onnx$/m);
    expect(stdout).toMatch(/^guide +points, trained on 56 images, weight 2\.5$/m);
    expect(stdout).toMatch(/^multiply-adds +[\d,]+ an image, [\d,]+ of them the guide's$/m);
    expect(stdout).toMatch(/^against float64 +\S+e-[5-9] of the score's rms, at 3 noise levels, of both/m);
    expect(stdout).toMatch(/^against probe +\S+e-[5-9] of the score's rms, at 4 noise levels$/m);
    const guided = readFileSync(join(folder, "models/large-guided.onnx"));
    expect(guided.equals(guidedModel(main, guide, 2.5))).toBe(true);
  });

  it("takes files, the weight 1 unless told, and --half", async () => {
    writeFileSync(join(folder, "main.onnx"), main);
    writeFileSync(join(folder, "guide.onnx"), guide);
    const files = ["--from", "main.onnx", "--guide", "guide.onnx"];
    const { code, stdout, stderr } = await run([...files, "--half", "--check", "2"]);
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^file +models.large-guided-half\.onnx$/m);
    const half = readFileSync(join(folder, "models/large-guided-half.onnx"));
    expect(half.equals(halfModel(guidedModel(main, guide, 1)))).toBe(true);
  });

  it("writes nothing with --dry-run", async () => {
    const before = inModels();
    const { code, stdout } = await run(["points", "--guide", "large", "--dry-run"]);
    expect([code, inModels()]).toEqual([0, before]);
    expect(stdout).toMatch(/^file +models.points-guided\.onnx$/m);
    expect(stdout).toMatch(/^guide +large, trained on 56 images, weight 1$/m);
  });
});

describe("a file that computes something else", () => {
  it("is not left behind, and the one before it stays", async () => {
    mkdirSync(join(folder, "models"), { recursive: true });
    writeFileSync(join(folder, "models/wrong-probe.onnx"), "the one before");
    const { code, stdout, stderr } = await run(["wrong-probe"]);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(
      /^error: models.wrong-probe\.onnx was not written: its scores differ from those that the trainer wrote down by \S+ of their rms \(allowed: 0\.0001\)$/m,
    );
    expect(readFileSync(join(folder, "models/wrong-probe.onnx"), "utf8")).toBe("the one before");
    expect(inModels().filter((name) => !name.endsWith(".onnx"))).toEqual([]);
  });

  it("is not left behind by Ctrl-C", async () => {
    const seen: string[] = [];
    const { code } = await run(["classes", "--check", "100000"], (stderr, kill) => {
      if (!stderr.includes("checking")) return;
      seen.push(...inModels());
      kill();
    });
    expect(code).toBe(130);
    expect(seen.some((name) => name.endsWith(".tmp"))).toBe(true);
    expect(inModels().filter((name) => name.endsWith(".tmp") || name === "classes.onnx")).toEqual([]);
  });
});

describe("bad usage", () => {
  it.concurrent.each([
    [
      ["nope"],
      /^unknown run: nope \(known: classes, copied, damaged, diverged, incomplete, large, points, whole, wrong-probe\)$/,
    ],
    [["begun"], /^unknown run: begun \(known: /],
    [["a-file"], /^cannot read a-file: a safetensors file has at least 8 bytes, this has 0$/],
    [
      ["damaged"],
      /^cannot read runs.damaged.checkpoint\.safetensors: .*(truncated or damaged|longer than the file)/,
    ],
    [["incomplete"], /^cannot export runs.incomplete.checkpoint\.safetensors: the parameter \S+ is missing$/],
    [
      ["diverged"],
      /^cannot export runs.diverged.checkpoint\.safetensors: its tensor ema\/\S+ is not finite$/,
    ],
    [
      ["copied"],
      /^folder copied holds a run of the name points: give --out FILE, such as models.copied\.onnx$/,
    ],
    [["points", "--dry-run=maybe"], /^invalid dry-run: maybe \(need true or false\)$/],
    [["points", "--out", "picture.png"], /^invalid out: picture\.png \(need a name that ends in \.onnx\)$/],
    [["points", "--out", "no/folder/a.onnx"], /^cannot write no.folder.a\.onnx: ENOENT/],
    [["points", "--out", "a-file/a.onnx"], /^cannot write a-file.a\.onnx: /],
    [["points", "--out"], /^Not enough arguments following: out$/],
    [["points", "--batch", "0"], /^invalid batch: 0 \(need an integer >= 1\)$/],
    [["points", "--batch", "many"], /^invalid batch: many \(need an integer >= 1\)$/],
    [["points", "--batch", "1e9"], /^invalid batch: 1e9 \(need an integer from 1 to 65536\)$/],
    [["points", "--no-batch"], /^unknown argument: no-batch \(--batch takes a value\)$/],
    [["points", "--batch", "1", "--batch", "2"], /^--batch is given 2 times$/],
    [["points", "--check", "1"], /^invalid check: 1 \(need an integer >= 2\)$/],
    [["points", "--check", "1e15"], /^invalid check: 1e15 \(need an integer from 2 to 1000000\)$/],
    [["points", "--seed", "-1"], /^invalid seed: -1 \(need an integer >= 0\)$/],
    [["points", "--half"], /^points has no weights of 1024 numbers or more: there is nothing to halve$/],
    [["--half", "--from", "no.onnx"], /^cannot read the model no\.onnx: there is no such file$/],
    [["--half", "--from", "a-file"], /^cannot read a-file: no model card in this ONNX file/],
    [["--from", "a.onnx"], /^nothing to do with a\.onnx \(give --half or --guide\)$/],
    [
      ["points", "--half", "--from", "a.onnx"],
      /^--from a\.onnx is a file that is there already: it takes no run and no --batch$/,
    ],
    [["points", "--guidance", "2"], /^--guidance 2 is the weight of a guide \(give --guide RUN-OR-FILE\)$/],
    [["points", "--guide", "nope"], /^unknown run: nope \(known: /],
    [["points", "--guide", "no.onnx"], /^cannot read the model no\.onnx: there is no such file$/],
    [
      ["points", "--guide", "points", "--guidance", "much"],
      /^invalid guidance: much \(need a finite number\)$/,
    ],
    [
      ["points", "--guide", "classes"],
      /^the shape of the guide classes is \[1, 4, 4\], \[2, 1, 1\] of the model points: they must agree$/,
    ],
    [["points", "--wrong"], /^Unknown argument: wrong$/],
    [["points", "classes"], /^Unknown argument: classes$/],
  ])("%j is refused in one line", async (args, message) => {
    const { code, stdout, stderr } = await run(args);
    expect({ code, stdout }, stderr).toEqual({ code: 2, stdout: "" });
    expect(
      stderr
        .trimEnd()
        .split("\n")
        .at(-1)
        ?.replace(/^error: /, ""),
    ).toMatch(message);
  });

  it("is no run at all", async () => {
    const empty = mkdtempSync(join(tmpdir(), "ncsn-export-"));
    const { code, stderr } = await run([], undefined, empty);
    rmSync(empty, { recursive: true });
    expect([code, stderr]).toEqual([2, "error: no run in runs/ yet; pnpm train makes one\n"]);
  });
});
