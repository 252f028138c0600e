/** MMD² against what it is of two Gaussians, where a Gaussian kernel's mean is a Gaussian's density. */
import { key, normals, split } from "@ncsn/core";
import { describe, expect, it } from "vitest";
import {
  maximumMeanDiscrepancy,
  medianDistance,
} from "../../../src/evaluate/distances/maximum-mean-discrepancy.ts";
import type { Rows } from "../../../src/evaluate/distances/rows.ts";

const width = 2;

interface Gaussian {
  readonly mean: number;
  readonly deviation: number;
}

/** Points of N(mean·(1, 1), deviation²·I). */
function drawn({ mean, deviation }: Gaussian, count: number, seed: number): Rows {
  const data = normals(key(seed), count * width).map((z) => mean + deviation * z);
  return { data, count, width };
}

/** E k(x, y): x − y is normal with mean μ and variance v, hence (h²/(h² + v))^{D/2} exp(−|μ|²/(2(h² + v))). */
function meanKernel(a: Gaussian, b: Gaussian, h: number): number {
  const variance = h ** 2 + a.deviation ** 2 + b.deviation ** 2;
  return (h ** 2 / variance) ** (width / 2) * Math.exp((-width * (a.mean - b.mean) ** 2) / (2 * variance));
}

const exact = (a: Gaussian, b: Gaussian, h: number): number =>
  meanKernel(a, a, h) + meanKernel(b, b, h) - 2 * meanKernel(a, b, h);

const [p, q] = [
  { mean: 0, deviation: 1 },
  { mean: 0.3, deviation: 1.2 },
];

/** Mean and standard error of MMD² over draws. */
function overDraws(a: Gaussian, b: Gaussian, h: number, counts: readonly [number, number], draws: number) {
  const values = Array.from({ length: draws }, (_, draw) =>
    maximumMeanDiscrepancy(drawn(a, counts[0], 2 * draw), drawn(b, counts[1], 2 * draw + 1), h),
  );
  const mean = values.reduce((sum, value) => sum + value, 0) / draws;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (draws - 1);
  return { mean, error: Math.sqrt(variance / draws), negative: values.filter((value) => value < 0).length };
}

describe("maximumMeanDiscrepancy", () => {
  it.each([0.3, 1, 3])("of many points of two Gaussians is the closed form, at bandwidth %d", (h) => {
    const { mean, error } = overDraws(p, q, h, [1500, 1200], 8);
    expect(Math.abs(mean - exact(p, q, h))).toBeLessThan(4 * error);
    expect(error).toBeLessThan(0.1 * exact(p, q, h)); // so that the line above says something
  });

  it("of five points is unbiased", () => {
    const { mean, error } = overDraws(p, q, 1, [5, 7], 20_000);
    expect(Math.abs(mean - exact(p, q, 1))).toBeLessThan(4 * error);
    // The biased form counts each point beside itself: (1 − E k(x, x′))/n and (1 − E k(y, y′))/m more.
    const bias = (1 - meanKernel(p, p, 1)) / 5 + (1 - meanKernel(q, q, 1)) / 7;
    expect(error).toBeLessThan(bias / 40);
  });

  it("of equal distributions is 0 on average, and as often below as its skewness lets it", () => {
    const { mean, error, negative } = overDraws(p, p, 1, [50, 50], 2000);
    expect(Math.abs(mean)).toBeLessThan(4 * error);
    expect(negative).toBeGreaterThan(1000);
  });

  it("is symmetric, and by hand of two pairs", () => {
    const x = { data: Float32Array.of(0, 0, 1, 0), count: 2, width };
    const y = { data: Float32Array.of(0, 2, 1, 2), count: 2, width };
    const k = (squared: number) => Math.exp(-squared / 8);
    expect(maximumMeanDiscrepancy(x, y, 2)).toBeCloseTo(2 * k(1) - (k(4) + k(5)), 15);
    expect(maximumMeanDiscrepancy(y, x, 2)).toBe(maximumMeanDiscrepancy(x, y, 2));
  });

  it.each([
    ["invalid rows: of width 2 and 1 (need the same)", { width: 1, count: 4 }, 1],
    ["invalid rows: 1 of them (need 2 or more)", { count: 1 }, 1],
    ["invalid bandwidth: 0 (need a number > 0)", {}, 0],
    ["invalid bandwidth: NaN (need a number > 0)", {}, NaN],
  ])("refuses: %s", (message, change, bandwidth) => {
    const x = { data: Float32Array.of(0, 0, 1, 0), count: 2, width };
    expect(() => maximumMeanDiscrepancy(x, { ...x, ...change }, bandwidth)).toThrow(new RangeError(message));
  });
});

describe("medianDistance", () => {
  it("of Gaussian points is √(2·ln 2·2s²): the square of a distance is exponential", () => {
    const s = 1.7;
    const found = medianDistance(drawn({ mean: 5, deviation: s }, 1000, 3));
    expect(found / (2 * s * Math.sqrt(Math.LN2))).toBeCloseTo(1, 1);
  });

  it.each([
    [[0, 1, 3], 2],
    [[0, 1], 1],
    [[0, 1, 3, 7], 3.5], // 1, 2, 3, 4, 6, 7
  ])("of %j is %d", (data, median) => {
    const rows = { data: Float32Array.from(data), count: data.length, width: 1 };
    expect(medianDistance(rows)).toBeCloseTo(median, 14);
  });

  it("takes a thousand rows, and refuses rows that are all the same", () => {
    const data = new Float32Array(1200).fill(9);
    data[0] = 0;
    const message = "invalid rows: their median distance is 0 (need rows that differ)";
    expect(() => medianDistance({ data, count: 1200, width: 1 })).toThrow(new RangeError(message));
    data.set(normals(split(key(0), 1), 1000));
    expect(medianDistance({ data, count: 1200, width: 1 })).toBe(
      medianDistance({ data, count: 1000, width: 1 }),
    );
  });
});
