import { describe, expect, it } from "vitest";
import { noisyMoons, twoMoons } from "../../src/datasets/two-moons.ts";
import { key } from "../../src/rng.ts";
import { errorOfGradient, errorsOfMean, errorsOfMoments, items } from "./oracles.ts";

const centres = [
  [0, 0],
  [1, 0.5],
];
const sides = [1, -1];

/** Both arcs at `count` + 1 even angles, with the weights of Simpson's rule. */
function arcs(count: number): { x: number; y: number; weight: number }[] {
  return centres.flatMap((centre, m) =>
    Array.from({ length: count + 1 }, (_, i) => {
      const t = (Math.PI * i) / count;
      const weight = i === 0 || i === count ? 1 : i % 2 === 1 ? 4 : 2;
      return { x: centre[0] + sides[m] * Math.cos(t), y: centre[1] + sides[m] * Math.sin(t), weight };
    }),
  );
}

const fine = arcs(20_000);

/** log density (but for a constant) and score by brute force, relative to the nearest point. */
function brute(v: number, at: readonly number[]): { log: number; score: number[] } {
  const squared = fine.map(({ x, y }) => (x - at[0]) ** 2 + (y - at[1]) ** 2);
  const nearest = squared.reduce((a, b) => Math.min(a, b));
  let [mass, sumX, sumY] = [0, 0, 0];
  fine.forEach(({ x, y, weight }, i) => {
    const w = weight * Math.exp((nearest - squared[i]) / (2 * v));
    mass += w;
    sumX += w * (x - at[0]);
    sumY += w * (y - at[1]);
  });
  return { log: Math.log(mass) - nearest / (2 * v), score: [sumX / mass / v, sumY / mass / v] };
}

/** On and off the arcs, at their ends and centres, below them where both ends are equally near, and far away. */
const places = [
  [0, 0],
  [1, 0.5],
  [0, 1],
  [1, -0.5],
  [1, 0],
  [-1, 0],
  [0.5, 0.25],
  [0, -0.7],
  [1, 1.3],
  [0.9, 0.1],
  [-1.3, -0.2],
  [1e-9, -1e-9],
  [2.5, 1],
  [-30, 40],
  [60, -1],
].map((place) => Float64Array.from(place));

describe("two-moons", () => {
  const noise = 0.1;
  const score = (x: Float64Array, sigma: number) => twoMoons(key(0)).score?.(x, sigma) ?? x;

  it("lies on both arcs equally, at uniform angles, with its noise", () => {
    const { points, labels } = items(twoMoons(key(1)), 20_000);
    expect(errorsOfMean(labels, 0.5)).toBeLessThan(4);
    for (const which of [0, 1]) {
      const own = Float64Array.from(
        labels.flatMap((l, i) => (l === which ? [...points.subarray(2 * i, 2 * i + 2)] : [])),
      );
      // On a half circle at a uniform angle: E cos = 0, E sin = 2/π, E cos² = E sin² = ½, E cos·sin = 0.
      const mean = [centres[which][0], centres[which][1] + (sides[which] * 2) / Math.PI];
      const variance = [0.5 + noise ** 2, 0.5 - 4 / Math.PI ** 2 + noise ** 2];
      expect(
        errorsOfMoments(own, mean, [
          [variance[0], 0],
          [0, variance[1]],
        ]),
      ).toBeLessThan(4);
      const polar = labels.flatMap((l, i) => {
        const [x, y] = [points[2 * i] - centres[which][0], points[2 * i + 1] - centres[which][1]];
        return l === which ? [{ radius: Math.hypot(x, y), top: Math.abs(x) < sides[which] * y }] : [];
      });
      // Half of the arc is the quarter of the circle about its top; noise moves as many out of it as into it.
      expect(
        errorsOfMean(
          polar.map(({ top }) => Number(top)),
          0.5,
        ),
      ).toBeLessThan(4);
      // Across the arc the noise is all there is (and a bend of the order noise⁴).
      for (const side of [true, false]) {
        const across = polar.filter(({ top }) => top === side).map(({ radius }) => (radius - 1) ** 2);
        expect(errorsOfMean(across, noise ** 2)).toBeLessThan(4);
      }
    }
  });

  it.each([0, 0.01, 0.1, 0.5, 2, 20])("has the score of brute-force quadrature at σ = %f", (sigma) => {
    const v = noise ** 2 + sigma ** 2;
    for (const x of places) {
      const expected = brute(v, [...x]).score;
      const size = 1 + Math.hypot(...expected);
      score(x, sigma).forEach((value, i) => expect(Math.abs(value - expected[i])).toBeLessThan(1e-8 * size));
    }
  });

  it.each([0, 0.1, 1])("has the gradient of the smoothed log density as its score at σ = %f", (sigma) => {
    const v = noise ** 2 + sigma ** 2;
    for (const x of places.slice(0, 13)) {
      expect(errorOfGradient(score(x, sigma), (at) => brute(v, at).log, x)).toBeLessThan(1e-6);
    }
  });

  it.each([0.3, 1])("has the score of its own items, smoothed one by one, at σ = %f", (sigma) => {
    // score = E[w (y − x)] / E[w] / σ² over items y with w = N(x; y, σ²); the error of a ratio of means, to first order.
    const n = 100_000;
    const { points } = items(twoMoons(key(3)), n);
    for (const x of [
      [0.5, 0.25],
      [0, 1.2],
      [2, -0.4],
      [-0.3, 0.1],
    ]) {
      const exact = score(Float64Array.from(x), sigma);
      for (const j of [0, 1]) {
        const terms = Array.from({ length: n }, (_, i) => {
          const weight = Math.exp(
            -((points[2 * i] - x[0]) ** 2 + (points[2 * i + 1] - x[1]) ** 2) / (2 * sigma ** 2),
          );
          return weight * ((points[2 * i + j] - x[j]) / sigma ** 2 - exact[j]);
        });
        expect(errorsOfMean(terms, 0)).toBeLessThan(4);
      }
    }
  });

  it("follows the thinnest arcs and the farthest points", () => {
    const thin = noisyMoons({ noise: 1e-4 })(key(0)).score;
    // Just above the top of the upper arc: −(distance to the arc)/v, all but a curvature term ½ beside 10⁴.
    const above = thin?.(Float64Array.of(0, 1 + 1e-4), 0) ?? [];
    expect(Math.abs(above[0])).toBeLessThan(1e-3);
    expect(above[1]).toBeGreaterThan(-1e4 - 1);
    expect(above[1]).toBeLessThan(-1e4 + 1);
    // From far on the right, below: the nearest point is the lower arc's end (2, 0.5) … seen from (1e6, 0.5 + 1e6).
    const far = thin?.(Float64Array.of(1e6, 1e6 + 0.5), 0) ?? [];
    expect(Math.abs(far[0] / -((1e6 - 2) / 1e-8) - 1)).toBeLessThan(1e-5);
    expect(Math.abs(far[1] / -(1e6 / 1e-8) - 1)).toBeLessThan(1e-5);
  });

  it("refuses noise that is none", () => {
    expect(() => noisyMoons({ noise: 0 })).toThrow("invalid noise: 0 (need a number > 0)");
  });
});
