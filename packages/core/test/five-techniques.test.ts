import { describe, expect, it } from "vitest";
import {
  distanceSampleSize,
  fiveTechniques,
  largestDistance,
  levelOverlap,
  withTechniques,
} from "../src/five-techniques.ts";
import { recipes } from "../src/recipes/index.ts";
import { key, normals } from "../src/rng.ts";
import { normalCdf } from "./statistics.ts";

describe("the five techniques", () => {
  // Song & Ermon 2020, table 3 and section 5: data set, σ₁, D, L.
  it.each([
    ["CIFAR-10", 50, 3072, 232],
    ["CelebA 64x64", 90, 12288, 500],
    ["LSUN 128x128", 190, 49152, 1086],
    ["FFHQ 256x256", 348, 196608, 2311],
  ])("give the paper's levels for %s", (_, distance, dimension, levels) => {
    const found = fiveTechniques({ distance, dimension });
    expect(found.levels).toBe(levels);
    expect(found.sigmaRange).toEqual([0.01, distance]);
    expect(found.gamma ** (levels - 1)).toBeCloseTo(distance / 0.01, 6);
  });

  it("give the paper's T = 5 and ε = 6.2e-6 for CIFAR-10", () => {
    const { stepsPerLevel, epsilon, varianceRatio } = fiveTechniques({ distance: 50, dimension: 3072 });
    expect(stepsPerLevel).toBe(5);
    expect(Number(epsilon.toPrecision(2))).toBe(6.2e-6);
    // The variance of the chain itself, step by step: v ← (1 − η)²·v + 2η from γ², in units of the level's.
    const [eta, gamma] = [epsilon / 0.01 ** 2, 5000 ** (1 / 231)];
    let variance = gamma ** 2;
    for (let i = 0; i < 5; i++) variance = (1 - eta) ** 2 * variance + 2 * eta;
    expect(varianceRatio).toBeCloseTo(variance, 12);
  });

  it("are those of the recipe, which has CIFAR-10's", () => {
    const { epsilon, ...found } = fiveTechniques({ distance: 50, dimension: 3072 });
    const recipe = withTechniques(recipes.ncsnv2, { ...found, epsilon: Number(epsilon.toPrecision(2)) });
    expect(recipe).toEqual(recipes.ncsnv2);
  });

  it("take more steps where levels are far apart, and always two levels at least", () => {
    const plane = fiveTechniques({ distance: 5, dimension: 2 });
    expect(plane.stepsPerLevel).toBeGreaterThan(20);
    expect(plane.varianceRatio).toBeLessThan(1.06);
    expect(fiveTechniques({ distance: 0.0101, dimension: 3072 }).levels).toBe(2);
    expect(() => fiveTechniques({ distance: 0.005, dimension: 2 })).toThrow(
      "invalid distance: 0.005 (need a finite number > 0.01)",
    );
  });

  it("go into a recipe whole", () => {
    const recipe = withTechniques(recipes.ncsnv2, fiveTechniques({ distance: 15, dimension: 784 }));
    expect(recipe).toMatchObject({
      sigmaRange: [0.01, 15],
      levels: { name: "geometric", count: 99 },
      parameterization: "ncsnv2",
      optimiser: { emaDecay: 0.999 },
      sampler: { name: "annealed-langevin", steps: 99, options: { stepsPerLevel: 13, denoise: true } },
    });
  });
});

describe("the overlap of levels", () => {
  it("is Φ(√(2D)(γ − 1) + 3γ) − Φ(√(2D)(γ − 1) − 3γ)", () => {
    for (const [dimension, gamma] of [
      [2, 1.5],
      [784, 1.08],
      [3072, 1.0376],
      [3072, 1.2],
    ]) {
      const middle = Math.sqrt(2 * dimension) * (gamma - 1);
      const expected = normalCdf(middle + 3 * gamma) - normalCdf(middle - 3 * gamma);
      expect(levelOverlap(dimension, gamma)).toBeCloseTo(expected, 6);
    }
  });

  it("is the share of one level's images that lie where those of the level above do", () => {
    const [dimension, gamma, images] = [300, 1.1, 4000];
    const z = normals(key(3), dimension * images);
    let inside = 0;
    for (let image = 0; image < images; image++) {
      let squares = 0;
      for (let i = 0; i < dimension; i++) squares += z[image * dimension + i] ** 2;
      // In units of σ: this level's distance is |z|, the one above has √D·γ ± 3γ/√2.
      if (Math.abs(Math.sqrt(squares) - gamma * Math.sqrt(dimension)) < (3 * gamma) / Math.SQRT2) inside++;
    }
    const share = levelOverlap(dimension, gamma);
    const z4 = 4 * Math.sqrt((share * (1 - share)) / images);
    expect(Math.abs(inside / images - share)).toBeLessThan(z4 + 0.01); // |z| is only nearly normal
  });
});

describe("the largest distance", () => {
  it("is that of the farthest pair", () => {
    expect(largestDistance(Float32Array.of(0, 0, 3, 4, -3, -4, 1, 1), 2)).toBe(10);
    expect(largestDistance(Float32Array.of(1, 2), 2)).toBe(0);
  });

  it("is looked for among no more items than a second allows", () => {
    expect(distanceSampleSize(60_000, 784)).toBe(1237);
    expect(distanceSampleSize(Infinity, 2)).toBe(2000);
    expect(distanceSampleSize(30, 784)).toBe(30);
    expect(distanceSampleSize(70_000, 3 * 1024 ** 2)).toBe(19);
  });
});
