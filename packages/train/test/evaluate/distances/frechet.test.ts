/** The Fréchet distance of Gaussians against closed forms. */
import { key, normals } from "@ncsn/core";
import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import { describe, expect, it } from "vitest";
import {
  frechet,
  frechetOfGaussians,
  moments,
  type Moments,
} from "../../../src/evaluate/distances/frechet.ts";
import { gaussianRows, rowOf, rowsOf } from "./rows-of.ts";

const gaussian = (mean: readonly number[], covariance: Matrix): Moments => ({
  mean: Float64Array.from(mean),
  covariance: Float64Array.from(covariance.to1DArray()),
});

/** A random rotation: the eigenvectors of a random symmetric matrix. */
function rotation(seed: number, width: number): Matrix {
  const random = Matrix.from1DArray(width, width, normals(key(seed), width * width));
  const symmetric = Matrix.add(random, random.transpose());
  return new EigenvalueDecomposition(symmetric, { assumeSymmetric: true }).eigenvectorMatrix;
}

const zeros = (width: number): number[] => Array.from({ length: width }, () => 0);

describe("the Fréchet distance", () => {
  it.each([0, 1, 2])("of commuting covariances is |μ_a − μ_b|² + Σ(√a − √b)², rotation %s", (seed) => {
    const [a, b] = [
      [4, 1, 9, 0, 0.25],
      [1, 1, 0, 2, 16],
    ];
    const turn = rotation(seed, 5);
    const turned = (values: number[]): Matrix => turn.mmul(Matrix.diag(values)).mmul(turn.transpose());
    const distance = frechetOfGaussians(
      gaussian([1, 0, 0, 0, 0], turned(a)),
      gaussian([0, 0, 2, 0, 0], turned(b)),
    );
    const expected = 5 + a.reduce((sum, value, k) => sum + (Math.sqrt(value) - Math.sqrt(b[k])) ** 2, 0);
    expect(distance).toBeCloseTo(expected, 10);
  });

  it("of 2×2 covariances that do not commute has tr√(AB) = √(tr AB + 2√(det A · det B))", () => {
    const [a, b] = [
      new Matrix([
        [2, 0.9],
        [0.9, 1],
      ]),
      new Matrix([
        [1, -0.6],
        [-0.6, 3],
      ]),
    ];
    const overlap = Math.sqrt(a.mmul(b).trace() + 2 * Math.sqrt((2 - 0.81) * (3 - 0.36)));
    expect(frechetOfGaussians(gaussian([0, 0], a), gaussian([0, 0], b))).toBeCloseTo(7 - 2 * overlap, 10);
  });

  it("of covariances of rank 1, u·uᵀ and v·vᵀ, is |u|² + |v|² − 2|⟨u, v⟩|", () => {
    const width = 40;
    const [u, v] = [1, 2].map((seed) => Matrix.columnVector(normals(key(seed), width)));
    const of = (vector: Matrix): Moments => gaussian(zeros(width), vector.mmul(vector.transpose()));
    const expected = u.dot(u) + v.dot(v) - 2 * Math.abs(u.dot(v));
    expect(frechetOfGaussians(of(u), of(v))).toBeCloseTo(expected, 9);
  });

  it.each([
    ["more rows than numbers in each", 300, 16],
    ["less rows than numbers in each", 10, 64],
    ["two rows", 2, 8],
  ])("of a set and itself is 0: %s", (_, count, width) => {
    const rows = gaussianRows(3, count, width, { mean: 2 });
    expect(frechet(rows, rows)).toBeGreaterThanOrEqual(0);
    expect(frechet(rows, rows)).toBeLessThan(1e-10);
  });

  it("of equal rows, which have no covariance, is the distance of their means", () => {
    expect(frechet(rowsOf([1, 2], [1, 2], [1, 2]), rowsOf([4, 6], [4, 6]))).toBe(25);
  });

  it("does not change when both sets are turned, and is the same both ways", () => {
    const width = 6;
    const [a, b] = [gaussianRows(1, 50, width), gaussianRows(2, 70, width, { mean: 0.5, deviation: 2 })];
    const turn = rotation(7, width);
    const turned = [a, b].map((rows) =>
      rowsOf(
        ...Array.from({ length: rows.count }, (_, i) =>
          Matrix.rowVector([...rowOf(rows, i)])
            .mmul(turn)
            .to1DArray(),
        ),
      ),
    );
    const distance = frechet(a, b);
    expect(frechet(turned[0], turned[1]) / distance).toBeCloseTo(1, 5);
    expect(frechet(b, a) / distance).toBeCloseTo(1, 12);
  });

  it("takes unbiased covariances", () => {
    const { mean, covariance } = moments(rowsOf([1, 10], [3, 10], [5, 16]));
    expect([...mean]).toEqual([3, 12]);
    expect([...covariance]).toEqual([4, 6, 6, 12]);
  });

  it("refuses a single row, and widths that differ", () => {
    expect(() => frechet(rowsOf([1]), rowsOf([1], [2]))).toThrow("invalid rows: 1 of them (need 2 or more)");
    expect(() => frechet(rowsOf([1], [2]), rowsOf([1, 2], [2, 3]))).toThrow(
      "invalid rows: of width 1 and 2 (need the same)",
    );
  });
});
