/** Normal data whose pixels are correlated: what is known of some pixels says something exact about the others. */
import { key, purposes, split } from "../../src/rng.ts";
import { hostSpace, type Space } from "../../src/space.ts";

export type Matrix = readonly (readonly number[])[];

/** Covariance of four pixels, 2 × 2: neighbours have much in common, and each has its own width. */
export const covariance: Matrix = [
  [0.3, 0.2, 0.15, 0.05],
  [0.2, 0.4, 0.1, 0.2],
  [0.15, 0.1, 0.25, 0.12],
  [0.05, 0.2, 0.12, 0.35],
];

export const identity = (n: number): Matrix =>
  Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => (i === j ? 1 : 0)));
export const plus = (a: Matrix, b: Matrix, scale = 1): Matrix =>
  a.map((row, i) => row.map((value, j) => value + scale * b[i][j]));
export const times = (a: Matrix, b: Matrix): Matrix =>
  a.map((row) => b[0].map((_, j) => row.reduce((sum, value, k) => sum + value * b[k][j], 0)));
export const transposed = (a: Matrix): Matrix => a[0].map((_, j) => a.map((row) => row[j]));

/** By Gauss–Jordan elimination; for small, well-conditioned matrices. */
export function inverse(a: Matrix): Matrix {
  const n = a.length;
  const rows = a.map((row, i) => [...row, ...identity(n)[i]]);
  for (let i = 0; i < n; i++) {
    const pivot = rows[i][i];
    rows[i] = rows[i].map((value) => value / pivot);
    for (let k = 0; k < n; k++)
      if (k !== i) {
        const factor = rows[k][i];
        rows[k] = rows[k].map((value, j) => value - factor * rows[i][j]);
      }
  }
  return rows.map((row) => row.slice(n));
}

/** The score −(C + σ²)⁻¹(x − μ) of N(μ, C + σ²I), for every image of x. */
export function normalScore(
  c: Matrix,
  mean: readonly number[],
  x: ArrayLike<number>,
  sigma: number,
): number[] {
  const n = mean.length;
  const precision = inverse(plus(c, identity(n), sigma ** 2));
  const score: number[] = Array<number>(x.length);
  for (let from = 0; from < x.length; from += n)
    for (let i = 0; i < n; i++) {
      let sum = 0;
      for (let j = 0; j < n; j++) sum += precision[i][j] * (x[from + j] - mean[j]);
      score[from + i] = -sum;
    }
  return score;
}

/** Mean and covariance of N(0, C) data given A x = y + noise of covariance R, A any matrix. */
export function posterior(
  a: Matrix,
  y: readonly number[],
  r?: Matrix,
): { mean: number[]; covariance: Matrix } {
  const ca = times(covariance, transposed(a));
  const seen = times(a, ca);
  const gain = times(ca, inverse(r === undefined ? seen : plus(seen, r)));
  return {
    mean: times(
      gain,
      y.map((value) => [value]),
    ).map(([value]) => value),
    covariance: plus(covariance, times(gain, transposed(ca)), -1),
  };
}

/** The data's space, of 2 × 2 images. */
export function correlatedSpace(count: number, first = 0): Space<Float32Array> {
  return hostSpace({
    count,
    dimension: 4,
    size: [2, 2],
    first,
    key: split(key(11), purposes.sampling),
    score: async (x, sigma, out) => {
      if (typeof sigma === "number") out.set(normalScore(covariance, [0, 0, 0, 0], x, sigma));
      else
        sigma.forEach((level, k) => {
          out.set(normalScore(covariance, [0, 0, 0, 0], x.subarray(4 * k, 4 * k + 4), level), 4 * k);
        });
    },
  });
}

/** The same four numbers for every image. */
export const repeated = (values: readonly number[], count: number): Float32Array =>
  Float32Array.from({ length: values.length * count }, (_, i) => values[i % values.length]);
