import { key, proceduralDatasets, type Dataset } from "@ncsn/core";

/** Hand-drawn digits; another key is another half. */
export const glyphs = (seed: number): Dataset => proceduralDatasets.glyphs(key(seed));

/** Images `first` … of a set, [count, C, H, W]. */
export function read(dataset: Dataset, first: number, count: number): Float32Array {
  const dimension = dataset.shape.reduce((a, b) => a * b, 1);
  const pixels = new Float32Array(count * dimension);
  for (let i = 0; i < count; i++) dataset.read(first + i, pixels, i * dimension);
  return pixels;
}
