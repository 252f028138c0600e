import { initialise, key, networks, normaliseWeight, normals, summarize, type ScoreModel } from "@ncsn/core";
import { scoreTraining } from "@ncsn/train";
import { expect, test } from "vitest";

const model: ScoreModel = {
  network: {
    name: "unet",
    options: { ...networks.unet.defaults, channels: 4, embedding: 6, features: 4, multipliers: [1, 2] },
  },
  parameterization: "edm",
  sigmaData: 0.5,
};
const shape = [1, 4, 4];
const { parameters, size } = summarize(model, shape);
const drawn = initialise(parameters, key(1));
const flat = Float32Array.from(parameters.flatMap(({ name }) => [...(drawn.get(name)?.data ?? [])]));
const { weights } = scoreTraining({ model, shape });

test("weights are core's normalised parameters, each used once", () => {
  expect(weights.size).toBe(size);
  const made = weights.ofParameters(flat);
  let at = 0;
  for (const { name, shape: full, unit, gain } of weights.bindings) {
    const expected = normaliseWeight(Float64Array.from(drawn.get(name)?.data ?? []), full[0], { unit, gain });
    expect([...made.subarray(at, (at += expected.length))]).toEqual([...Float32Array.from(expected)]);
  }
  expect(at).toBe(size);
});

test("the way back is the gradient, by central differences in float64", () => {
  const byWeights = normals(key(2), size);
  const gradient = weights.gradient(flat, byWeights, 0.5);
  let [weight, parameter] = [0, 0];
  const starts = new Map(
    parameters.map(({ name, shape: full }) => [
      name,
      (parameter += full.reduce((a, b) => a * b, 1)) - full.reduce((a, b) => a * b, 1),
    ]),
  );
  for (const { name, shape: full, unit, gain } of weights.bindings) {
    const data = Float64Array.from(drawn.get(name)?.data ?? []);
    const cotangent = byWeights.subarray(weight, (weight += data.length));
    const scalar = (values: Float64Array) =>
      0.5 * normaliseWeight(values, full[0], { unit, gain }).reduce((sum, y, i) => sum + y * cotangent[i], 0);
    for (const i of [0, Math.floor(data.length / 2), data.length - 1]) {
      const h = 1e-6;
      const expected = (scalar(data.with(i, data[i] + h)) - scalar(data.with(i, data[i] - h))) / (2 * h);
      expect(Math.abs(gradient[(starts.get(name) as number) + i] - expected), `${name}[${i}]`).toBeLessThan(
        1e-5 * Math.max(1, Math.abs(expected)),
      );
    }
  }
});

test("weights of zeros have a finite gradient", () => {
  const gradient = weights.gradient(new Float32Array(size), normals(key(3), size), 1);
  expect(gradient.every((value) => Number.isFinite(value))).toBe(true);
});
