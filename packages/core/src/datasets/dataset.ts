import type { Key } from "../rng.ts";

/**
 * Images (or points) by number. Procedural sets are endless: item `index` is drawn from the set's key and its number,
 * so any item can be made again at any time, in any order.
 */
export interface Dataset {
  readonly name: string;
  /** [channels, height, width]; points of the plane are [2, 1, 1]. */
  readonly shape: readonly [channels: number, height: number, width: number];
  /** Number of items; Infinity for procedural sets. */
  readonly size: number;
  /** True where values are pixels in [0, 1], false where they are coordinates without bounds. */
  readonly pixels: boolean;
  /** True where every pixel is a byte / 255, as in files; a likelihood dequantises those. */
  readonly bytes?: boolean;
  readonly classes?: readonly string[];
  /**
   * Writes item `index` to `out[offset …)` as channels × height × width numbers.
   * @returns its class, or −1 where the set has none
   */
  read(index: number, out: Float32Array, offset: number): number;
  /**
   * The exact score ∇ₓ log p_σ(x) of the set's density convolved with N(0, σ²I), where it is known.
   * @param x points, count × dimension, in the set's own units
   * @param sigma noise level in the set's own units; 0 gives the data's own score where its
   *   density is smooth
   */
  readonly score?: (x: Float64Array, sigma: number) => Float64Array;
}

/** Makes a procedural set whose items are drawn from `key`. */
export type ProceduralDataset = (key: Key) => Dataset;

/** Items of an endless set that stand for all of them. */
const endlessItems = 10_000;

/** Mean and standard deviation over all values of a finite set, or of the first items of an endless one. */
export function statistics(dataset: Dataset): { readonly mean: number; readonly deviation: number } {
  const count = dataset.size === Infinity ? endlessItems : dataset.size;
  const item = new Float32Array(dataset.shape.reduce((a, b) => a * b, 1));
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < count; i++) {
    dataset.read(i, item, 0);
    for (const value of item) {
      sum += value;
      squares += value * value;
    }
  }
  const mean = sum / (count * item.length);
  return { mean, deviation: Math.sqrt(Math.max(0, squares / (count * item.length) - mean * mean)) };
}
