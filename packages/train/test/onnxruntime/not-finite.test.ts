import {
  group,
  initialise,
  key,
  networks,
  noisyBatch,
  normals,
  recipes,
  summarize,
  type Batch,
  type ScoreModel,
  type Tensor,
} from "@ncsn/core";
import { onnxEngine, openNodeGradients, type Engine, type NotFinite, scoreTraining } from "@ncsn/train/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkpointOf, tinyRun, trainIn, workFolder } from "../training-command.ts";

const { optimiser, objective, sigmaRange, sigmaData } = recipes.edm;
const hyper = { rate: 0.01, emaDecay: 0.9, clip: 10 };
const shape = [1, 8, 8];
const count = 5;
const dimension = 64;
/** Of whole blocks of channels, so that the engine's fast layout is looked into. */
const options = { ...networks.unet.defaults, channels: 16, multipliers: [1], embedding: 8, features: 4 };
const model: ScoreModel = { network: { name: "unet", options }, parameterization: "edm", sigmaData };

const batch = (change?: (x: Float32Array) => void): Batch => {
  const made = noisyBatch(
    normals(key(6), count * dimension).map((z) => sigmaData * z),
    count,
    { root: key(7), step: 0, objective, sigmaRange, model },
  );
  change?.(made.x);
  return made;
};

describe("the onnxruntime engine", () => {
  let engine: Engine;
  let start: ReadonlyMap<string, Tensor>;
  beforeAll(async () => {
    engine = onnxEngine({
      gradients: await openNodeGradients({
        device: "cpu",
        training: scoreTraining({ model, shape }),
        batch: count,
        microBatch: 2,
      }),
      model,
      shape,
      parameters: initialise(summarize(model, shape).parameters, key(4)),
      optimiser,
    });
    start = await engine.state();
    return () => engine.dispose();
  });

  /** Where a batch that gives no finite step goes wrong; the step must have left the state alone. */
  async function located(bad: Batch): Promise<NotFinite | undefined> {
    const before = await engine.state();
    const { loss, gradNorm } = await engine.step(bad, hyper);
    expect([...loss, gradNorm].every(Number.isFinite)).toBe(false);
    expect(await engine.state()).toEqual(before);
    return engine.locate?.(bad);
  }

  it("finds nothing in a batch that is sound", async () => {
    expect(await engine.locate?.(batch())).toBeUndefined();
  });

  it("names a parameter that is NaN", async () => {
    const broken = new Map(start);
    const { shape: size, data } = start.get("raw/mid.conv1.weight") as Tensor;
    broken.set("raw/mid.conv1.weight", { shape: size, data: data.with(7, NaN) });
    await engine.restore(broken, 0);
    expect(await located(batch())).toEqual({
      name: "mid.conv1.weight",
      op: "parameter",
      shape: size,
      value: NaN,
    });
    await engine.restore(start, 0);
  });

  it("names an input that is NaN, and the noise level of its image", async () => {
    const bad = batch((x) => x.fill(NaN, 3 * dimension + 5, 3 * dimension + 6));
    expect(await located(bad)).toEqual({
      name: "x",
      op: "input",
      shape: [1, 1, 8, 8],
      value: NaN,
      sigma: Math.fround(bad.sigma[3]),
    });
  });

  it("names the first tensor that overflows, its layer, and the noise level of the image", async () => {
    const { sigma } = batch();
    const image = sigma.indexOf(Math.min(...sigma));
    // The network sees x/√(σ² + σd²), the largest float32 almost; sums of its pixels are too large.
    const large = 3.2e38 * Math.hypot(sigma[image], sigmaData);
    const found = await located(batch((x) => x.fill(large, image * dimension, (image + 1) * dimension)));
    expect(found?.sigma).toBe(Math.fround(sigma[image]));
    expect(Math.abs(found?.value ?? 0)).toBe(Infinity);
    expect(found?.name).toMatch(/^in\.conv/);
    expect(found?.shape).toEqual([1, 16, 8, 8]);
  });

  it("finds what a step meets that changed the weights too much", async () => {
    const huge = new Map(start);
    for (const [name, { shape: size, data }] of group(start, "raw"))
      if (name.endsWith("gain")) huge.set(`raw/${name}`, { shape: size, data: data.map(() => 1e30) });
    await engine.restore(huge, 1);
    const found = await located(batch());
    expect(Number.isFinite(found?.value)).toBe(false);
    expect(found?.after ?? found?.name).toMatch(/^(down|mid|up|out)/);
    await engine.restore(start, 0);
  });
});

describe("the command", () => {
  const folder = workFolder(afterAll);
  const diverging = [...tinyRun, "--rate", "1e30", "--steps", "50"];
  const report =
    /^error: the loss is (NaN|Infinity) at step 2, worst at sigma [\d.e-]+; the first tensor that is not finite is \S+( after \S+)? \(\w+, \[[\d, ]+\]\), which holds (-?Infinity|NaN), of the image at sigma [\d.e-]+; the last good checkpoint is of step 0: runs\/nan\/checkpoint.safetensors$/m;

  it("mentions --debug-nan, and a run that is resumed with it says where it goes wrong", async () => {
    const { code, stderr } = await trainIn(folder, ...diverging, "--name", "nan");
    expect(code).toBe(1);
    expect(stderr).toMatch(/checkpoint\.safetensors; --debug-nan says where it arises$/m);
    const resumed = await trainIn(folder, "--resume", "nan", "--backend", "cpu", "--debug-nan");
    expect({ code: resumed.code, stdout: resumed.stdout }).toEqual({ code: 1, stdout: "" });
    expect(resumed.stderr).toMatch(report);
    expect(checkpointOf(folder, "nan").step).toBe(0);
  });

  it("of tfjs says what it takes", async () => {
    const tfjs = [...diverging, "--engine", "tfjs", "--name", "tfjs"];
    const { code, stderr } = await trainIn(folder, ...tfjs, "--debug-nan");
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: "error: --debug-nan needs --engine onnxruntime (this is tfjs on plain JavaScript)\n",
    });
    expect((await trainIn(folder, ...tfjs)).stderr).toMatch(
      /; --debug-nan with --engine onnxruntime says where it arises$/m,
    );
  });
});
