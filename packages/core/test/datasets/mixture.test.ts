import { describe, expect, it } from "vitest";
import { gaussianMixture, mixture, type Component } from "../../src/datasets/mixture.ts";
import { key } from "../../src/rng.ts";
import { errorOfGradient, errorsOfMean, errorsOfMoments, items } from "./oracles.ts";

/** Three components of three dimensions, weights in any units. */
const three: readonly Component[] = [
  { weight: 3, mean: [1, 0, -2], deviation: 0.5 },
  { weight: 2, mean: [0, 1, 1], deviation: 1 },
  { weight: 5, mean: [-1, 2, 0], deviation: 0.2 },
];

/** log Σₖ wₖ N(x; μₖ, (sₖ² + σ²)I), term by term; fails by underflow where the score must not. */
function logDensity(components: readonly Component[], sigma: number, x: readonly number[]): number {
  const terms = components.map(({ weight, mean, deviation }) => {
    const v = deviation ** 2 + sigma ** 2;
    return (
      weight *
      Math.exp(-mean.reduce((sum, m, i) => sum + (x[i] - m) ** 2, 0) / (2 * v)) *
      v ** (-x.length / 2)
    );
  });
  return Math.log(terms.reduce((a, b) => a + b));
}

describe("mixture", () => {
  it("is four fifths about (5, 5) and one fifth about (-5, -5), of unit variance", () => {
    const { points, labels } = items(mixture(key(1)), 20_000);
    // Between the components, covariance 0.8 · 0.2 · 10 · 10 = 16.
    expect(
      errorsOfMoments(
        points,
        [3, 3],
        [
          [17, 16],
          [16, 17],
        ],
      ),
    ).toBeLessThan(4);
    expect(errorsOfMean(labels, 0.2)).toBeLessThan(4);
    labels.forEach((label, i) => expect(points[2 * i] + points[2 * i + 1] < 0 ? 1 : 0).toBe(label));
  });

  it("draws each component by its weight, mean and deviation", () => {
    const { points, labels } = items(gaussianMixture(three)(key(2)), 30_000);
    three.forEach(({ weight, mean, deviation }, k) => {
      expect(
        errorsOfMean(
          labels.map((label) => Number(label === k)),
          weight / 10,
        ),
      ).toBeLessThan(4);
      const own = Float64Array.from(
        labels.flatMap((label, i) => (label === k ? [...points.subarray(3 * i, 3 * i + 3)] : [])),
      );
      expect(
        errorsOfMoments(
          own,
          mean,
          [0, 1, 2].map((i) => [0, 1, 2].map((j) => (i === j ? deviation ** 2 : 0))),
        ),
      ).toBeLessThan(4);
    });
  });

  it.each([0, 0.05, 0.3, 1, 4])(
    "has the gradient of the smoothed log density as its score at σ = %f",
    (sigma) => {
      const score = gaussianMixture(three)(key(0)).score;
      for (const x of [
        [0, 0, 0],
        [1, 0, -2],
        [-0.5, 1.4, 0.4],
        [0.9, 0.5, -0.6],
      ].map((v) => Float64Array.from(v))) {
        expect(errorOfGradient(score?.(x, sigma), (at) => logDensity(three, sigma, at), x)).toBeLessThan(
          1e-6,
        );
      }
    },
  );

  it("scores points one by one", () => {
    const score = mixture(key(0)).score;
    const x = Float64Array.of(0.1, 0.2, 4, 5, -6, -5);
    const each = [0, 2, 4].flatMap((i) => [...(score?.(x.slice(i, i + 2), 0.5) ?? [])]);
    expect([...(score?.(x, 0.5) ?? [])]).toEqual(each);
  });

  it("stays finite where every component's density underflows: there the nearest alone counts", () => {
    const score = mixture(key(0)).score;
    expect([...(score?.(Float64Array.of(1e5, 1e5, -1e5, -3e5), 0) ?? [])]).toEqual([
      5 - 1e5,
      5 - 1e5,
      1e5 - 5,
      3e5 - 5,
    ]);
  });

  it("refuses what is no mixture", () => {
    const component = { weight: 1, mean: [0, 0], deviation: 1 };
    expect(() => gaussianMixture([])).toThrow("invalid mixture: no components");
    expect(() => gaussianMixture([{ ...component, weight: 0 }])).toThrow(
      "invalid weight: 0 (need a number > 0)",
    );
    expect(() => gaussianMixture([{ ...component, deviation: -1 }])).toThrow("invalid deviation: -1");
    expect(() => gaussianMixture([component, { ...component, mean: [0] }])).toThrow(
      "invalid mean: 1 numbers (need 2",
    );
  });
});
