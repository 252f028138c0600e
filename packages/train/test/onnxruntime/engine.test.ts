import {
  adamStep,
  group,
  initialise,
  key,
  networks,
  noisyBatch,
  normals,
  recipes,
  summarize,
  type Batch,
  type NetworkName,
  type ScoreModel,
  type Shape,
  type Tensor,
} from "@ncsn/core";
import { openNodeGradients, onnxEngine, openTfjsEngine, type Engine, scoreTraining } from "@ncsn/train/node";
import { describe, expect, test } from "vitest";

const { optimiser, objective, sigmaRange, sigmaData } = recipes.edm;
const unet = { ...networks.unet.defaults, embedding: 8, features: 6 };

/** Every network, small; two of the U-Net, one of which has whole blocks of channels. */
const cases: readonly { network: NetworkName; about: string; shape: Shape; options: object }[] = [
  {
    network: "unet",
    about: "of few channels, with attention",
    shape: [2, 8, 8],
    options: { ...unet, channels: 4, attention: [2], headChannels: 4 },
  },
  {
    network: "unet",
    about: "of whole blocks",
    shape: [1, 8, 8],
    options: { ...unet, channels: 16, multipliers: [1, 2] },
  },
  {
    network: "unet",
    about: "with classes",
    shape: [3, 4, 4],
    options: { ...unet, channels: 16, multipliers: [1, 1], classes: 3 },
  },
  {
    network: "mlp",
    about: "for points",
    shape: [2, 1, 1],
    options: { ...networks.mlp.defaults, width: 12, features: 6 },
  },
  { network: "scorenet", about: "", shape: [1, 6, 5], options: { channels: [16, 6], hidden: 5 } },
];

/** Not a multiple of the sessions' runs, so that some images are there to fill up. */
const count = 7;

function made({ network, shape, options }: (typeof cases)[number]) {
  const model: ScoreModel = {
    network: { name: network, options },
    parameterization: "edm",
    sigmaData,
    sigmas: [10, 1, 0.1],
  };
  const { parameters } = summarize(model, shape);
  const drawn = initialise(parameters, key(4));
  // Gains that start at 0 would hide most of the network.
  for (const { data } of drawn.values()) normals(key(5), data.length).forEach((z, i) => (data[i] += 0.3 * z));
  const dimension = shape.reduce((a, b) => a * b, 1);
  const { classes = 0 } = options as { classes?: number };
  const label =
    classes > 0 ? { label: Int32Array.from({ length: count }, (_, i) => (i % (classes + 1)) - 1) } : {};
  const batch = (step: number): Batch =>
    noisyBatch(
      normals(key(6 + step), count * dimension).map((z) => sigmaData * z),
      count,
      { root: key(7), step, objective, sigmaRange, model, ...label },
    );
  return { model, shape, drawn, batch };
}
type Made = ReturnType<typeof made>;

const openOnnx = async ({ model, shape, drawn }: Made, device: "cpu" | "webgpu" = "cpu"): Promise<Engine> =>
  onnxEngine({
    gradients: await openNodeGradients({
      device,
      training: scoreTraining({ model, shape }),
      batch: count,
      sessions: 2,
      microBatch: 2,
    }),
    model,
    shape,
    parameters: drawn,
    optimiser,
  });
const openTfjs = ({ model, shape, drawn }: Made): Promise<Engine> =>
  openTfjsEngine({ backend: "cpu", model, shape, parameters: drawn, optimiser });

const flat = (tensors: ReadonlyMap<string, Tensor>): number[] =>
  [...tensors.values()].flatMap(({ data }) => [...data]);
const rms = (values: ArrayLike<number>): number =>
  Math.sqrt(Array.from(values).reduce((sum, v) => sum + v * v, 0) / values.length);
const worst = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((max, value, i) => Math.max(max, Math.abs(value - b[i])), 0);

describe.each(cases)("the onnxruntime engine with $network $about", (example) => {
  test("has tfjs's losses, gradients and scores at the same weights", async () => {
    const given = made(example);
    const [onnx, tfjs] = await Promise.all([openOnnx(given), openTfjs(given)]);
    const hyper = { rate: 0.01, emaDecay: 0.9, clip: Infinity };
    const batch = given.batch(0);
    const [a, b] = await Promise.all([onnx.step(batch, hyper), tfjs.step(batch, hyper)]);
    expect(worst(a.loss, b.loss) / rms(b.loss)).toBeLessThan(1e-4);
    expect(Math.abs(a.gradNorm / b.gradNorm - 1)).toBeLessThan(1e-4);
    const [g, h] = await Promise.all(
      [onnx, tfjs].map(async (engine) => flat(group(await engine.state(), "adam.m"))),
    );
    expect(worst(g, h) / rms(h)).toBeLessThan(1e-3); // the largest of thousands; 1e-4 of the gradient's own size:
    expect(rms(g.map((value, i) => value - h[i])) / rms(h)).toBeLessThan(1e-4);
    const [s, t] = await Promise.all(
      [onnx, tfjs].map((engine) => engine.score(batch.x, batch.sigma, "ema", batch.label)),
    );
    const dimension = s.length / count;
    for (let i = 0; i < count; i++) {
      const [p, q] = [s, t].map((score) => score.subarray(i * dimension, (i + 1) * dimension));
      expect(worst(p, q) / rms(q)).toBeLessThan(1e-4);
    }
    await Promise.all([onnx.dispose(), tfjs.dispose()]);
  });

  test("takes core's Adam step for its gradient, exactly", async () => {
    const given = made(example);
    const engine = await openOnnx(given);
    const hyper = { rate: 0.01, emaDecay: 0.9, clip: Infinity };
    await engine.step(given.batch(0), hyper);
    const state = await engine.state();
    for (const [name, { data }] of given.drawn) {
      const of = (prefix: string) => (state.get(`${prefix}/${name}`) as Tensor).data;
      const zero = () => new Float32Array(data.length);
      const host = { raw: data.slice(), ema: data.slice(), m: zero(), v: zero() };
      // m holds (1 − β₁)·gradient rounded to float32, so what follows from it may differ in the last places
      adamStep(
        host,
        of("adam.m").map((m) => m / (1 - optimiser.beta1)),
        1,
        hyper,
        optimiser,
      );
      expect(worst(of("raw"), host.raw)).toBeLessThan(1e-6);
      expect(worst(of("ema"), host.ema)).toBeLessThan(1e-6);
    }
    await engine.dispose();
  });

  test("resumes bit for bit, and takes over tfjs's state as tfjs does its", async () => {
    const given = made(example);
    const hyper = { rate: 0.01, emaDecay: 0.9, clip: 1 };
    const [whole, resumed, tfjs] = await Promise.all([openOnnx(given), openOnnx(given), openTfjs(given)]);
    await whole.step(given.batch(0), hyper);
    const saved = await whole.state();
    await whole.step(given.batch(1), hyper);
    await resumed.restore(saved, 1);
    await resumed.step(given.batch(1), hyper);
    expect(await resumed.state()).toEqual(await whole.state());

    await tfjs.restore(saved, 1);
    const { loss } = await tfjs.step(given.batch(1), hyper);
    await resumed.restore(await tfjs.state(), 2);
    const next = await Promise.all([resumed, tfjs].map((engine) => engine.step(given.batch(2), hyper)));
    expect(loss.every((value) => Number.isFinite(value))).toBe(true);
    expect(worst(next[0].loss, next[1].loss) / rms(next[1].loss)).toBeLessThan(1e-4);
    await Promise.all([whole, resumed, tfjs].map((engine) => engine.dispose()));
  });
});

test("20 steps keep tfjs's loss within 1e-3", async () => {
  const given = made(cases[4]);
  const [onnx, tfjs] = await Promise.all([openOnnx(given), openTfjs(given)]);
  for (let step = 0; step < 20; step++) {
    const hyper = { rate: 1e-3, emaDecay: 0.9, clip: 10 };
    const batch = given.batch(step);
    const [a, b] = await Promise.all([onnx.step(batch, hyper), tfjs.step(batch, hyper)]);
    const [p, q] = [a, b].map(({ loss }) => loss.reduce((sum, value) => sum + value, 0) / count);
    expect(Math.abs(p / q - 1), `step ${step}`).toBeLessThan(1e-3);
  }
  await Promise.all([onnx.dispose(), tfjs.dispose()]);
});
