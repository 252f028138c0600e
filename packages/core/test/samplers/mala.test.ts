/** Langevin dynamics with accepting and rejecting, on densities whose moments are known: it has no error of its step. */
import { describe, expect, it } from "vitest";
import { densitySpace } from "../../src/density-space.ts";
import { mala, type MalaOptions } from "../../src/samplers/mala.ts";
import { langevin } from "../../src/samplers/langevin.ts";
import { prior, type Space } from "../../src/space.ts";
import { moments, varianceZ } from "../statistics.ts";
import { card, deviation, gaussianSpace, result } from "./gaussian.ts";

const steps = (count: number, sigma = 0.3): Float64Array => new Float64Array(count).fill(sigma);
const variance = deviation ** 2 + 0.3 ** 2;
const options: MalaOptions = { alpha: 0.4, density: "scores" };

/** Chains of one value each; they start narrow. */
const chains = (count = 10_000): Space<Float32Array> => gaussianSpace({ seed: 1, count, dimension: 1 });

describe("on a Gaussian, with a step as large as its variance,", () => {
  it("mala has its variance in 10,000 chains within 4 standard errors", async () => {
    const x = await result(chains(), { sampler: mala, sigmas: steps(20), options });
    expect(Math.abs(varianceZ(x, variance))).toBeLessThan(4);
    expect(Math.abs(moments(x).mean) / Math.sqrt(variance / x.length)).toBeLessThan(4);
    expect(Math.abs(moments(x).kurtosis - 3) / Math.sqrt(24 / x.length)).toBeLessThan(4);
  });

  it("plain Langevin has not", async () => {
    const plain = { sampler: langevin, sigmas: steps(20), options: { alpha: 0.4, denoise: false } };
    expect(varianceZ(await result(chains(), plain), variance)).toBeGreaterThan(20);
  });

  it.each<[string, (space: Space<Float32Array>) => Space<Float32Array>]>([
    [
      "noise times √2",
      (space) => ({ ...space, noise: (draw) => space.combine([[Math.SQRT2, space.noise(draw)]]) }),
    ],
    [
      "half the step",
      (space) => ({
        ...space,
        noise: (draw) => space.combine([[Math.SQRT1_2, space.noise(draw)]]),
        score: async (x, sigma) => space.combine([[0.5, await space.score(x, sigma)]]),
      }),
    ],
    [
      "σ of another level",
      (space) => ({ ...space, score: (x, sigma) => space.score(x, Number(sigma) * 1.4) }),
    ],
    ["all accepted", (space) => ({ ...space, uniform: () => new Float64Array(space.count) })],
  ])("the oracle fails under the mutation: %s", async (_, mutate) => {
    const x = await result(mutate(chains(8000)), { sampler: mala, sigmas: steps(20), options });
    expect(Math.abs(varianceZ(x, variance))).toBeGreaterThan(8);
  });

  it("energies and scores along the line accept alike", async () => {
    const known = (space: Space<Float32Array>): Space<Float32Array> => ({
      ...space,
      energy: async (x) => (await space.dot(x, x)).map((square) => square / (2 * variance)),
    });
    const run = (density: MalaOptions["density"]) =>
      result(known(gaussianSpace({ count: 50, dimension: 3 })), {
        sampler: mala,
        sigmas: steps(20),
        options: { ...options, density },
      });
    expect(await run("energy")).toEqual(await run("scores"));
  });
});

it("accepts 57 % of the steps it takes unless told, in many dimensions (Roberts & Rosenthal 1998)", async () => {
  // N(0, σ²I): the score of one point seen through noise.
  const space = densitySpace({
    count: 400,
    dimension: 64,
    seed: 3,
    score: (x, sigma) => x.map((v) => -v / sigma ** 2),
  });
  let [moved, tried] = [0, 0];
  let before = new Float32Array(400 * 64);
  for await (const { x } of mala.run(space, prior(space, card, 0.3), steps(20), { density: "scores" })) {
    for (let image = 0; image < 400; image++) if (x[64 * image] !== before[64 * image]) moved += 1;
    tried += 400;
    before = x.slice();
  }
  expect(Math.abs(moved / tried - 0.574)).toBeLessThan(0.04); // the limit of infinitely many dimensions
});

describe("on a density of one's own that nobody normalised,", () => {
  /** E = x⁴/4 + (y − x)²: x has light tails, y − x is N(0, ½). */
  const energy = ([x, y]: Float64Array): number => x ** 4 / 4 + (y - x) ** 2;
  const score = ([x, y]: Float64Array): number[] => [-(x ** 3) + 2 * (y - x), -2 * (y - x)];
  // By quadrature: ∫x²·e^(−x⁴/4) / ∫e^(−x⁴/4), on a fine grid that ends where nothing is left.
  const grid = Array.from({ length: 4001 }, (_, i) => (i - 2000) / 400);
  const weight = (x: number): number => Math.exp(-(x ** 4) / 4);
  const total = grid.reduce((sum, x) => sum + weight(x), 0);
  const moment = (power: number): number => grid.reduce((sum, x) => sum + x ** power * weight(x), 0) / total;

  it.each<[string, object, MalaOptions["density"]]>([
    ["score and energy", { score, energy }, "energy"],
    ["the score alone", { score }, "scores"],
    ["the energy alone", { energy }, "energy"],
  ])("mala finds its moments from %s", async (_, density, by) => {
    const count = 10_000;
    const space = densitySpace({ count, dimension: 2, seed: 5, ...density });
    const x = await result(space, {
      sampler: mala,
      sigmas: steps(40, 0.5), // a start in the tails would stay there: Langevin's step from 3 leads to −5
      options: { alpha: 0.3, density: by },
    });
    const first = Float64Array.from({ length: count }, (_, i) => x[2 * i]);
    const across = Float64Array.from({ length: count }, (_, i) => x[2 * i + 1] - x[2 * i]); // N(0, 1/2)
    const z = (moments(first).variance - moment(2)) / Math.sqrt((moment(4) - moment(2) ** 2) / count);
    expect(Math.abs(z)).toBeLessThan(4);
    expect(Math.abs(varianceZ(across, 0.5))).toBeLessThan(4);
  });
});

it("stays within a density that ends: a proposal beyond has no score, and leaves nothing behind", async () => {
  const inside = ([x]: Float64Array): boolean => x >= 0 && x <= 1;
  const space = densitySpace({
    count: 4000,
    dimension: 1,
    seed: 7,
    score: (x) => [inside(x) ? 0 : NaN],
    energy: (x) => (inside(x) ? 0 : Infinity),
  });
  let x: Float32Array = space.noise(0, "uniform").map((u) => u / 10);
  for await (const step of mala.run(space, x, steps(60), { alpha: 0.05, density: "energy" })) ({ x } = step);
  expect(x.every((value) => inside(Float64Array.of(value)))).toBe(true);
  expect(Math.abs(moments(x).mean - 1 / 2) / Math.sqrt(1 / 12 / x.length)).toBeLessThan(4);
  const square = x.map((value) => (value - 1 / 2) ** 2);
  expect(Math.abs(moments(square).mean - 1 / 12) / Math.sqrt((1 / 80 - 1 / 144) / x.length)).toBeLessThan(4);
});

it("asks for an energy where it is to compare energies", async () => {
  const run = result(chains(), { sampler: mala, sigmas: steps(1), options: { density: "energy" } });
  await expect(run).rejects.toThrow(
    new TypeError("mala is to compare energies, and the space has none (need density scores)"),
  );
});
