import {
  adamStep,
  applyScore,
  group,
  initialise,
  key,
  lossPerImage,
  networks,
  noisyBatch,
  normals,
  recipes,
  referenceNn,
  split,
  summarize,
  values,
  type NetworkName,
  type ScoreModel,
  type Shape,
  type Tensor,
} from "@ncsn/core";
import * as tf from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { openTfjsEngine } from "../../src/tfjs/engine.ts";

const { optimiser, objective, sigmaRange, sigmaData } = recipes.edm;

/** Every network, small, on data of its kind. */
const cases: Record<NetworkName, { shape: Shape; options: object }> = {
  unet: {
    shape: [2, 8, 8],
    options: {
      ...networks.unet.defaults,
      channels: 4,
      embedding: 8,
      features: 6,
      attention: [2],
      headChannels: 4,
    },
  },
  ncsn: { shape: [1, 6, 4], options: { channels: 3, levels: 3 } },
  ncsnv2: { shape: [1, 6, 4], options: { channels: 3 } },
  mlp: { shape: [2, 1, 1], options: { ...networks.mlp.defaults, width: 12, features: 6 } },
  scorenet: { shape: [1, 6, 5], options: { channels: [4, 6], hidden: 5 } },
};

const count = 3;
function made(name: NetworkName) {
  const { shape, options } = cases[name];
  const model: ScoreModel = {
    network: { name, options },
    parameterization: "edm",
    sigmaData,
    sigmas: [10, 1, 0.1],
  };
  const { parameters } = summarize(model, shape);
  // Zero-initialised gains would hide most of the network: every parameter gets a share of noise.
  const drawn = initialise(parameters, key(4));
  for (const { data } of drawn.values()) normals(key(5), data.length).forEach((z, i) => (data[i] += 0.3 * z));
  const dimension = shape.reduce((a, b) => a * b, 1);
  const clean = normals(key(6), count * dimension).map((z) => sigmaData * z);
  const batch = noisyBatch(clean, count, { root: key(7), step: 0, objective, sigmaRange, model });
  return { shape, model, drawn, batch, dimension };
}

const open = ({ model, shape, drawn }: Pick<ReturnType<typeof made>, "model" | "shape" | "drawn">) =>
  openTfjsEngine({ backend: "cpu", model, shape, parameters: drawn, optimiser });

/** The reference's score with given parameters. */
function referenceScore(
  model: ScoreModel,
  shape: Shape,
  parameters: ReadonlyMap<string, { data: ArrayLike<number> }>,
  x: Float32Array,
  sigma: Float64Array,
) {
  const nn = referenceNn((name) => (parameters.get(name) as Tensor).data);
  return applyScore(nn, model, values([sigma.length, ...shape], x), values([sigma.length, 1], sigma)).data;
}

const rms = (data: ArrayLike<number>): number =>
  Math.sqrt(Array.from(data).reduce((sum, value) => sum + value * value, 0) / data.length);
const worst = (actual: ArrayLike<number>, expected: ArrayLike<number>): number =>
  Array.from(expected).reduce((max, value, i) => Math.max(max, Math.abs(value - actual[i])), 0);

describe.each(Object.keys(cases) as NetworkName[])("the tfjs engine with %s", (name) => {
  test("scores as the reference does, over the range of sigma", async () => {
    const { shape, model, drawn, dimension } = made(name);
    const engine = await open({ shape, model, drawn });
    const sigma = Float64Array.of(0.002, 0.05, 1, 80);
    const x = normals(key(8), 4 * dimension).map(
      (z, i) => z * Math.hypot(sigma[Math.floor(i / dimension)], sigmaData),
    );
    const expected = referenceScore(model, shape, drawn, x, sigma);
    const actual = await engine.score(x, sigma, "raw");
    for (let i = 0; i < 4; i++) {
      const [a, e] = [actual, expected].map((score) => score.subarray(i * dimension, (i + 1) * dimension));
      expect(worst(a, e) / rms(e)).toBeLessThan(1e-4);
    }
    await engine.dispose();
  });

  test("takes Adam's step along the gradient of the loss", async () => {
    const { shape, model, drawn, batch } = made(name);
    const engine = await open({ shape, model, drawn });
    const hyper = { rate: 0.01, emaDecay: 0.9, clip: Infinity };
    const { loss, gradNorm } = await engine.step(batch, hyper);

    const lossAt = (parameters: ReadonlyMap<string, { data: ArrayLike<number> }>) => {
      const losses = lossPerImage(referenceScore(model, shape, parameters, batch.x, batch.sigma), batch);
      return losses.map((value) => value / count);
    };
    const expectedLoss = lossAt(drawn).map((value) => value * count);
    expect(worst(loss, expectedLoss) / rms(expectedLoss)).toBeLessThan(1e-4);

    const state = await engine.state();
    const gradient = new Map(
      [...group(state, "adam.m")].map(([n, { data }]) => [n, data.map((m) => m / (1 - optimiser.beta1))]),
    );
    const scale = rms([...gradient.values()].flatMap((g) => [...g]));
    expect(gradNorm).toBeCloseTo(Math.hypot(...[...gradient.values()].flatMap((g) => [...g])), 3);
    const h = 1e-4;
    for (const [parameter, { shape: size, data }] of drawn) {
      const i = Math.floor(data.length / 2);
      const moved = (by: number) => {
        const wide = Float64Array.from(data);
        wide[i] += by;
        return lossAt(
          new Map<string, { data: ArrayLike<number>; shape: Shape }>([
            ...drawn,
            [parameter, { shape: size, data: wide }],
          ]),
        );
      };
      const [up, down] = [moved(h), moved(-h)].map((losses) => losses.reduce((a, b) => a + b));
      const expected = (up - down) / (2 * h);
      expect(Math.abs((gradient.get(parameter) as Float32Array)[i] - expected), parameter).toBeLessThan(
        1e-4 * Math.max(scale, Math.abs(expected)) + 1e-6,
      );
    }

    for (const [parameter, { data }] of drawn) {
      const zero = () => new Float32Array(data.length);
      const host = { raw: data.slice(), ema: data.slice(), m: zero(), v: zero() };
      adamStep(host, gradient.get(parameter) as Float32Array, 1, hyper, optimiser);
      const device = (prefix: string) => (state.get(`${prefix}/${parameter}`) as Tensor).data;
      expect(worst(device("raw"), host.raw)).toBeLessThan(1e-5);
      expect(worst(device("ema"), host.ema)).toBeLessThan(1e-5);
      expect(worst(device("adam.v"), host.v)).toBeLessThan(1e-5 * Math.max(1, rms(host.v)));
    }
    await engine.dispose();
  });

  test("clips by the global norm", async () => {
    const { shape, model, drawn, batch } = made(name);
    const engine = await open({ shape, model, drawn });
    const { gradNorm } = await engine.step(batch, { rate: 0.01, emaDecay: 0, clip: 0.01 });
    const m = [...group(await engine.state(), "adam.m").values()].flatMap(({ data }) => [...data]);
    expect(gradNorm).toBeGreaterThan(0.01);
    expect(Math.hypot(...m) / (1 - optimiser.beta1)).toBeCloseTo(0.01, 5);
    await engine.dispose();
  });

  test("holds as many tensors after a step as before it", async () => {
    const { shape, model, drawn, batch } = made(name);
    const engine = await open({ shape, model, drawn });
    const hyper = { rate: 0.01, emaDecay: 0.9, clip: 1 };
    await engine.step(batch, hyper);
    const before = tf.memory().numTensors;
    for (let i = 0; i < 3; i++) await engine.step(batch, hyper);
    await engine.score(batch.x, batch.sigma, "ema");
    await engine.state();
    expect(tf.memory().numTensors).toBe(before);
    await engine.dispose();
  });

  test("goes on from a saved state bit for bit", async () => {
    const { shape, model, drawn, batch } = made(name);
    const hyper = { rate: 0.01, emaDecay: 0.9, clip: 1 };
    const whole = await open({ shape, model, drawn });
    await whole.step(batch, hyper);
    const saved = await whole.state();
    await whole.step(batch, hyper);

    const resumed = await open({
      shape,
      model,
      drawn: initialise(summarize(model, shape).parameters, split(key(9), 0)),
    });
    await resumed.restore(saved, 1);
    await resumed.step(batch, hyper);
    expect(await resumed.state()).toEqual(await whole.state());
    await Promise.all([whole.dispose(), resumed.dispose()]);
  });
});

test("a state that lacks a tensor is refused by name", async () => {
  const { shape, model, drawn } = made("mlp");
  const engine = await open({ shape, model, drawn });
  expect(() => engine.restore(new Map(), 1)).toThrow(
    "the state has no tensor raw/noise.weight of shape [12, 6]",
  );
  await engine.dispose();
});
