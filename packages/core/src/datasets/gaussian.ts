/** Isotropic Gaussian data, the simplest oracle: its smoothed score, −x/(s² + σ²), is exact at every σ. */
import { fillNormals, split, type Key } from "../rng.ts";
import type { Dataset, ProceduralDataset } from "./dataset.ts";

/**
 * Points of N(0, s²I).
 * @param deviation s ≥ 0
 */
export function isotropicGaussian({ deviation = 1, dimension = 2 } = {}): ProceduralDataset {
  if (!(deviation >= 0)) throw new RangeError(`invalid deviation: ${deviation} (need a number >= 0)`);
  const score = (x: Float64Array, sigma: number) => x.map((value) => -value / (deviation ** 2 + sigma ** 2));
  return (from: Key): Dataset => ({
    name: "gaussian",
    shape: [dimension, 1, 1],
    size: Infinity,
    pixels: false,
    read(index, out, offset) {
      fillNormals(split(from, index), out, offset, dimension);
      for (let i = offset; i < offset + dimension; i++) out[i] *= deviation;
      return -1;
    },
    score,
  });
}

/** The data set `gaussian`: points [2, 1, 1] of the standard normal distribution. */
export const gaussian = isotropicGaussian();
