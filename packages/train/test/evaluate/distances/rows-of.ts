import { key, normals } from "@ncsn/core";
import type { Rows } from "../../../src/evaluate/distances/rows.ts";

/** Rows of numbers written out. */
export const rowsOf = (...rows: readonly (readonly number[])[]): Rows => ({
  data: Float32Array.from(rows.flat()),
  count: rows.length,
  width: rows[0].length,
});

/** Draws of N(mean, deviation² I), by a seed. */
export function gaussianRows(
  seed: number,
  count: number,
  width: number,
  { mean = 0, deviation = 1 }: { readonly mean?: number; readonly deviation?: number } = {},
): Rows {
  const data = normals(key(seed), count * width).map((z) => mean + deviation * z);
  return { data, count, width };
}

/** One row. */
export const rowOf = ({ data, width }: Rows, i: number): Float32Array =>
  data.subarray(i * width, (i + 1) * width);

/** The distance of two rows by its definition. */
export function distanceOf(a: Rows, i: number, b: Rows, j: number): number {
  let sum = 0;
  for (let k = 0; k < a.width; k++) sum += (a.data[i * a.width + k] - b.data[j * b.width + k]) ** 2;
  return Math.sqrt(sum);
}
