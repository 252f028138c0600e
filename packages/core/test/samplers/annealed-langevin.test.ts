import { describe, expect, it } from "vitest";
import { key, normals, split } from "../../src/rng.ts";
import {
  annealedLangevin,
  bestEpsilon,
  varianceRatio,
  type AnnealedLangevinOptions,
} from "../../src/samplers/annealed-langevin.ts";
import { schedules } from "../../src/schedules.ts";
import { prior, type Space } from "../../src/space.ts";
import { varianceZ } from "../statistics.ts";
import { card, linearSpace } from "./gaussian.ts";

/** The step size α of each step of a run, from the coefficients that it combines with. */
async function stepSizes(sigmas: Float64Array, options: AnnealedLangevinOptions): Promise<number[]> {
  const alphas: number[] = [];
  const space: Space<ReadonlyMap<number, number>> = {
    ...linearSpace(),
    combine(terms) {
      if (terms.length === 3) {
        alphas.push(Number(terms[1][0]));
        expect(terms.map(([c]) => Number(c))).toEqual([
          1,
          alphas.at(-1),
          Math.sqrt(2 * (alphas.at(-1) ?? NaN)),
        ]);
      }
      return linearSpace().combine(terms);
    },
  };
  const run = annealedLangevin.run(space, prior(space, card, 1), sigmas, options);
  while ((await run.next()).done !== true);
  return alphas;
}

const sigmas = schedules.geometric(5, { sigmaMin: 0.1, sigmaMax: 1.6 }); // 1.6, 0.8, 0.4, 0.2, 0.1

describe("the step size", () => {
  it("is ε·σ²/σ_L² at every step of a level", async () => {
    const alphas = await stepSizes(sigmas, { stepsPerLevel: 2, epsilon: 0.003, denoise: true });
    const expected = [256, 256, 64, 64, 16, 16, 4, 4, 1, 1].map((factor) => 0.003 * factor);
    expect(alphas).toHaveLength(10);
    alphas.forEach((alpha, i) => expect(alpha / expected[i]).toBeCloseTo(1, 12));
  });

  it("is the constant α where one is given", async () => {
    expect(await stepSizes(sigmas, { stepsPerLevel: 1, alpha: 0.01, denoise: false })).toEqual(
      Array(5).fill(0.01),
    );
  });

  it("is the best by Technique 4 where none is given", async () => {
    const alphas = await stepSizes(sigmas, { stepsPerLevel: 3, denoise: true });
    expect(alphas.at(-1)).toBe(bestEpsilon(sigmas, 3));
  });

  it("is that of the levels above 0 on a schedule that ends there", async () => {
    const options = { stepsPerLevel: 3, denoise: true };
    const ending = Float64Array.of(...sigmas, 0);
    expect(await stepSizes(ending, options)).toEqual(await stepSizes(sigmas, options));
  });
});

it("says at each step the level that it is at, and 0 after the denoising", async () => {
  for (const denoise of [true, false]) {
    const seen: number[] = [];
    const run = annealedLangevin.run(linearSpace(), new Map(), sigmas, { stepsPerLevel: 2, denoise });
    for await (const { sigma } of run) seen.push(sigma);
    expect(seen).toEqual([...[...sigmas].flatMap((sigma) => [sigma, sigma]), ...(denoise ? [0] : [])]);
  }
});

describe("varianceRatio (Song & Ermon 2020, Proposition 3)", () => {
  it.each([
    [0.1, 1.2, 5],
    [0.5, 2, 1],
    [1, 1.5, 3],
    [1.7, 1.1, 10],
  ])("is what the recursion of T steps gives: eta %s, gamma %s, T %s", (eta, gamma, steps) => {
    // Data at one point: score −x/σ², v ← (1 − α/σ²)²·v + 2α from v = (γσ)², in units of σ².
    let v = gamma ** 2;
    for (let t = 0; t < steps; t++) v = (1 - eta) ** 2 * v + 2 * eta;
    expect(varianceRatio(eta, gamma, steps)).toBeCloseTo(v, 12);
  });

  it("is what 20,000 chains have", () => {
    const [eta, gamma, steps, n] = [0.3, 1.4, 4, 20_000];
    let x = Float64Array.from(normals(key(1), n), (z) => gamma * z);
    for (let t = 0; t < steps; t++) {
      const z = normals(split(key(1), t), n);
      x = x.map((value, i) => (1 - eta) * value + Math.sqrt(2 * eta) * z[i]);
    }
    expect(Math.abs(varianceZ(x, varianceRatio(eta, gamma, steps)))).toBeLessThan(4);
  });

  it("gives the ε that NCSNv2 chose for its CIFAR-10 levels, within a few percent", () => {
    // σ from 50 to 0.01 in 232 levels, T = 5: ε = 6.2e-6 (Song & Ermon 2020, table 5).
    const levels = schedules.geometric(232, { sigmaMin: 0.01, sigmaMax: 50 });
    const ratio = (epsilon: number) => varianceRatio(epsilon / 0.01 ** 2, 5000 ** (1 / 231), 5);
    expect(ratio(bestEpsilon(levels, 5))).toBeLessThanOrEqual(ratio(6.2e-6));
    expect(bestEpsilon(levels, 5) / 6.2e-6).toBeCloseTo(1, 1);
  });
});

describe("bestEpsilon", () => {
  it.each([
    [10, 1, 100],
    [232, 5, 5000],
    [2, 3, 2],
    [1000, 1, 1e4],
  ])("minimises the variance ratio: %s levels, T %s, a range of %s", (count, steps, span) => {
    const levels = schedules.geometric(count, { sigmaMin: 0.01, sigmaMax: 0.01 * span });
    const gamma = span ** (1 / (count - 1));
    const ratio = (epsilon: number) => varianceRatio(epsilon / 0.01 ** 2, gamma, steps);
    const best = bestEpsilon(levels, steps);
    expect(best).toBeGreaterThan(0);
    expect(best).toBeLessThan(2 * 0.01 ** 2);
    for (const factor of [0.01, 0.1, 0.5, 0.9, 0.99, 1.01, 1.1, 1.5])
      expect(ratio(best)).toBeLessThanOrEqual(ratio(factor * best) + 1e-9);
  });

  it("is a step that moves for levels that are all one", () => {
    for (const levels of [Float64Array.of(0.5), Float64Array.of(0.5, 0.5, 0.5)])
      expect(bestEpsilon(levels, 10) / 0.25).toBeGreaterThan(0.05);
  });
});

describe("advice", () => {
  const advice = (levels: Float64Array, options: Partial<AnnealedLangevinOptions>) =>
    annealedLangevin.advice?.(levels, { stepsPerLevel: 5, denoise: true, ...options });

  it("is none for the step found, or one near it, or on a schedule that ends at 0", () => {
    expect(advice(sigmas, {})).toEqual([]);
    expect(advice(sigmas, { epsilon: bestEpsilon(sigmas, 5) })).toEqual([]);
    expect(advice(sigmas, { epsilon: 1.1 * bestEpsilon(sigmas, 5) })).toEqual([]);
    expect(advice(Float64Array.of(...sigmas, 0), {})).toEqual([]);
  });

  it("names an ε at which Langevin diverges", () => {
    const text = "epsilon 0.0201 is unstable: Langevin diverges from 2*sigma_L^2 = 0.02 on";
    expect(advice(sigmas, { epsilon: 0.0201 })).toEqual([text]);
    expect(advice(sigmas, { epsilon: 0.0199 })).not.toEqual([text]);
  });

  it("names a better ε where one leaves too much variance", () => {
    const best = String(Number(bestEpsilon(sigmas, 5).toPrecision(3)));
    expect(advice(sigmas, { epsilon: 1e-5 })).toEqual([
      `epsilon 0.00001 leaves 3.97 times the variance of each level (Technique 4); ${best} is best for these levels, ` +
        `with ${varianceRatio(Number(best) / 0.01, 2, 5).toFixed(2)}`,
    ]);
  });

  it("names a constant α that diverges at the last level, or does not move at the first", () => {
    expect(advice(sigmas, { alpha: 0.0201 })).toEqual([
      "alpha 0.0201 is unstable at the last level: need alpha < 2*sigma_L^2 = 0.02",
    ]);
    expect(advice(schedules.linear(5, { sigmaMin: 0.01, sigmaMax: 1 }), { alpha: 1e-4 })).toEqual([
      "a constant alpha of 0.0001 barely moves x at sigma 1; leave it out for steps in proportion to sigma^2",
    ]);
    expect(advice(Float64Array.of(0.2, 0.1), { alpha: 0.01 })).toEqual([]);
  });
});
