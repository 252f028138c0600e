import { describe, expect, it } from "vitest";
import { checkerboard } from "../../src/datasets/checkerboard.ts";
import { scaledErfc } from "../../src/datasets/scaled-erfc.ts";
import { key } from "../../src/rng.ts";
import { errorsOfMean, errorsOfMoments, items } from "./oracles.ts";

const isDark = (x: number, y: number) => (Math.floor(x / 2) + Math.floor(y / 2)) % 2 === 0;
const centres = [-3, -1, 1, 3].flatMap((x) => [-3, -1, 1, 3].map((y) => [x, y]));
const dark = centres.filter(([x, y]) => isDark(x, y));
const score = (x: readonly number[], sigma: number) =>
  checkerboard(key(0)).score?.(Float64Array.from(x), sigma) ?? new Float64Array();

/** ∫ exp(−(e − at)²/2σ²)·(1, e − at) de over a strip, relative to the exponential's largest value there, by Simpson's rule. */
function strip(centre: number, at: number, sigma: number) {
  const n = 4000;
  const nearest = Math.max(0, Math.abs(centre - at) - 1);
  let [mass, moment] = [0, 0];
  for (let i = 0; i <= n; i++) {
    const d = centre - 1 + (2 * i) / n - at;
    const weight =
      (i === 0 || i === n ? 1 : i % 2 === 1 ? 4 : 2) * Math.exp((nearest ** 2 - d * d) / 2 / sigma ** 2);
    mass += weight;
    moment += weight * d;
  }
  return { nearest, mass, moment };
}

/** The score by quadrature of every dark square. */
function brute(at: readonly number[], sigma: number): number[] {
  const squares = dark.map((centre) => centre.map((c, k) => strip(c, at[k], sigma)));
  const distances = squares.map(([x, y]) => x.nearest ** 2 + y.nearest ** 2);
  const nearest = Math.min(...distances);
  let [mass, sumX, sumY] = [0, 0, 0];
  squares.forEach(([x, y], i) => {
    const weight = Math.exp((nearest - distances[i]) / (2 * sigma ** 2));
    mass += weight * x.mass * y.mass;
    sumX += weight * x.moment * y.mass;
    sumY += weight * x.mass * y.moment;
  });
  return [sumX / mass / sigma ** 2, sumY / mass / sigma ** 2];
}

describe("checkerboard", () => {
  it("is even on eight squares of a board of sixteen", () => {
    const { points } = items(checkerboard(key(1)), 20_000);
    const pairs = Array.from({ length: 20_000 }, (_, i) => [points[2 * i], points[2 * i + 1]]);
    expect(pairs.every(([x, y]) => Math.max(Math.abs(x), Math.abs(y)) <= 4 && isDark(x, y))).toBe(true);
    for (const [cx, cy] of dark) {
      const own = pairs.map(([x, y]) => Number(Math.max(Math.abs(x - cx), Math.abs(y - cy)) <= 1));
      expect(errorsOfMean(own, 1 / 8)).toBeLessThan(4);
    }
    const within = Float64Array.from(pairs.flat(), (value) => (((value + 4) % 2) - 1) * Math.sqrt(3));
    const unit = [
      [1, 0],
      [0, 1],
    ];
    expect(errorsOfMoments(within, [0, 0], unit)).toBeLessThan(4);
  });

  it.each([0.2, 0.7, 3, 50])("has the score of brute-force quadrature at σ = %f", (sigma) => {
    for (const x of [
      [0.3, 0.2],
      [-1, 1],
      [3.9, 3.9],
      [0, 0],
      [-4.5, 1],
      [5, -6],
      [2, 2.5],
    ]) {
      const expected = brute(x, sigma);
      const size = 1 + Math.hypot(...expected);
      score(x, sigma).forEach((value, i) => expect(Math.abs(value - expected[i])).toBeLessThan(1e-7 * size));
    }
  });

  it("knows the way where densities underflow", () => {
    // From a light square's right quarter at tiny σ the nearest dark edge is all there is: a half plane's score.
    const [x] = score([-0.2, 1], 0.004);
    expect(x).toBeGreaterThan(0.2 / 0.004 ** 2);
    expect(x).toBeLessThan(1.001 * (0.2 / 0.004 ** 2));
    expect(score([1e4, 1], 0.01)[0] / ((4 - 1e4) / 0.01 ** 2)).toBeCloseTo(1, 6);
    expect([...score([1, 1], 0.01)].every((value) => Math.abs(value) < 1e-300)).toBe(true); // flat inside
  });

  it("has no score without noise", () => {
    expect(() => score([0, 0], 0)).toThrow("invalid sigma: 0 (need a number > 0: the density has edges)");
  });
});

it("scaledErfc is exp(z²)·erfc(z)", () => {
  // to 15 digits, from tables; then that its two forms meet, and d/dz = 2z·f − 2/√π
  expect(scaledErfc(0)).toBe(1);
  expect(scaledErfc(1)).toBeCloseTo(0.427583576155807, 14);
  expect(scaledErfc(10)).toBeCloseTo(0.0561409927438226, 15);
  expect(scaledErfc(2 - 1e-9) / scaledErfc(2)).toBeCloseTo(1, 9);
  for (const z of [0.3, 1.2, 1.9, 2.1, 4, 30]) {
    const slope = (scaledErfc(z + 1e-5) - scaledErfc(z - 1e-5)) / 2e-5;
    expect(slope).toBeCloseTo(2 * z * scaledErfc(z) - 2 / Math.sqrt(Math.PI), 8);
  }
});
