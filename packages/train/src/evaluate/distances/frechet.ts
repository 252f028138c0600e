/**
 * The Fréchet distance of two sets of features, each taken for a Gaussian (Dowson & Landau 1982, eq. 4; for generated
 * images Heusel et al. 2017, eq. 6): ‖μ_a − μ_b‖² + tr(A + B − 2·√(AB)).
 */
import { EigenvalueDecomposition, Matrix, SingularValueDecomposition } from "ml-matrix";
import { checkRows, type Rows } from "./rows.ts";

/** Mean and covariance, float64. */
export interface Moments {
  readonly mean: Float64Array;
  /** width × width, row by row. */
  readonly covariance: Float64Array;
}

/** Mean and unbiased covariance of rows, in two passes. @throws RangeError for less than two rows */
export function moments(rows: Rows): Moments {
  checkRows(rows, rows, 2);
  const { data, count, width } = rows;
  const mean = new Float64Array(width);
  for (let i = 0; i < data.length; i++) mean[i % width] += data[i];
  for (let k = 0; k < width; k++) mean[k] /= count;
  const covariance = new Float64Array(width * width);
  const centred = new Float64Array(width);
  for (let i = 0; i < count; i++) {
    for (let k = 0; k < width; k++) centred[k] = data[i * width + k] - mean[k];
    for (let k = 0; k < width; k++)
      for (let l = 0; l <= k; l++) covariance[k * width + l] += centred[k] * centred[l];
  }
  for (let k = 0; k < width; k++)
    for (let l = 0; l <= k; l++) covariance[l * width + k] = covariance[k * width + l] /= count - 1;
  return { mean, covariance };
}

/** The squared Fréchet distance of two sets of at least two rows. @throws RangeError */
export function frechet(a: Rows, b: Rows): number {
  checkRows(a, b, 2);
  return frechetOfGaussians(moments(a), moments(b));
}

/**
 * The squared Fréchet distance of two Gaussians, ≥ 0; their covariances may be singular.
 *
 * tr√(AB) = tr√(√A·B·√A) is the sum of the singular values of √A·√B. Taken so, nothing small is rooted: the roots of
 * eigenvalues of √A·B·√A that should be 0 and are 1e-16 would be 1e-8, once for each direction without data.
 */
export function frechetOfGaussians(a: Moments, b: Moments): number {
  const product = squareRoot(a).mmul(squareRoot(b));
  const values = new SingularValueDecomposition(product, {
    computeLeftSingularVectors: false,
    computeRightSingularVectors: false,
  }).diagonal;
  const shift = a.mean.reduce((sum, value, k) => sum + (value - b.mean[k]) ** 2, 0);
  const overlap = values.reduce((sum, value) => sum + value, 0);
  return shift + Math.max(0, trace(a) + trace(b) - 2 * overlap);
}

/** √ of a covariance by its eigenvalues. What is 0 but for rounding is 0: its root would be 1e-8 of the largest. */
function squareRoot({ mean: { length: width }, covariance }: Moments): Matrix {
  const { realEigenvalues, eigenvectorMatrix: vectors } = new EigenvalueDecomposition(
    Matrix.from1DArray(width, width, covariance),
    { assumeSymmetric: true },
  );
  const rounding = width * Number.EPSILON * Math.max(...realEigenvalues);
  const roots = realEigenvalues.map((value) => (value > rounding ? Math.sqrt(value) : 0));
  return vectors.clone().mulRowVector(roots).mmul(vectors.transpose());
}

function trace({ mean: { length: width }, covariance }: Moments): number {
  let sum = 0;
  for (let k = 0; k < width; k++) sum += covariance[k * (width + 1)];
  return sum;
}
