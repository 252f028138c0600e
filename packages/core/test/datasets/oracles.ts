import type { Dataset } from "../../src/datasets/dataset.ts";

/** The first `count` items, one after the other, and their classes. */
export function items(dataset: Dataset, count: number): { points: Float64Array; labels: number[] } {
  const dimension = dataset.shape.reduce((a, b) => a * b, 1);
  const values = new Float32Array(count * dimension);
  const labels = Array.from({ length: count }, (_, i) => dataset.read(i, values, i * dimension));
  return { points: Float64Array.from(values), labels };
}

/** How many standard errors the mean of independent numbers is from what it should be. */
export function errorsOfMean(values: readonly number[], expected: number): number {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / (values.length - 1);
  return Math.abs(mean - expected) / Math.sqrt(variance / values.length);
}

/** The largest number of standard errors by which a coordinate's mean or two coordinates' covariance is off. */
export function errorsOfMoments(
  points: Float64Array,
  mean: readonly number[],
  covariance: readonly (readonly number[])[],
): number {
  const dimension = mean.length;
  const columns = mean.map((m, j) =>
    Array.from({ length: points.length / dimension }, (_, i) => points[i * dimension + j] - m),
  );
  const errors = columns.flatMap((column, j) => [
    errorsOfMean(column, 0),
    ...columns.map((other, k) =>
      errorsOfMean(
        column.map((value, i) => value * other[i]),
        covariance[j][k],
      ),
    ),
  ]);
  return Math.max(...errors);
}

/** The largest relative error of a score as the gradient of a log density, by central differences in float64. */
export function errorOfGradient(
  score: Float64Array | undefined,
  logDensity: (x: readonly number[]) => number,
  x: Float64Array,
): number {
  const step = 1e-5;
  const at = Array.from(x);
  const errors = at.map((_, i) => {
    const moved = (by: number) => at.map((coordinate, j) => (j === i ? coordinate + by : coordinate));
    const difference = (logDensity(moved(step)) - logDensity(moved(-step))) / (2 * step);
    const value = score?.[i] ?? NaN;
    return Math.abs(value - difference) / (1 + Math.abs(value));
  });
  return Math.max(...errors); // NaN wherever the score is missing, which no bound accepts
}
