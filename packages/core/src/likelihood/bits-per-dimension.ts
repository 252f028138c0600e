/** Bits per dimension: how many bits a lossless code by the model would spend on each byte of an image. */
import { uniforms, type Key } from "../rng.ts";
import type { LogDensities } from "./log-density.ts";

/** Levels of a byte. */
const levels = 256;

/**
 * Bytes v as points of the unit interval, (v + u)/256 with u uniform in [0, 1) (Theis et al. 2016): the logarithm of
 * the density there is on average at most that of the byte's probability, times 256.
 * @param pixels v/255
 */
export function dequantised(pixels: Float32Array, from: Key): Float32Array {
  const u = uniforms(from, pixels.length);
  return pixels.map((pixel, i) => (Math.round((levels - 1) * pixel) + u[i]) / levels);
}

/** What is measured in bits. */
export interface Dimensions {
  readonly dimension: number;
  /** model = scale·pixel + offset. */
  readonly scale: number;
  /** Whether the pixels are dequantised bytes; else the bits are those of a density and may be negative. */
  readonly bytes: boolean;
}

/** −log₂ p per dimension of pixels' units, from log p in model units: for bytes, 8 − log₂ scale more than that. */
export const bitsPerDimension = (logDensity: number, { dimension, scale, bytes }: Dimensions): number =>
  -logDensity / dimension / Math.LN2 - Math.log2(Math.abs(scale)) + (bytes ? Math.log2(levels) : 0);

/** A mean over images with what it is uncertain by. */
export interface Measured {
  readonly mean: number;
  /** Standard error over images: of their spread, that of noise and probes in it. */
  readonly error: number;
  /** What of it comes from probes; NaN where there was one for each image. */
  readonly probeError: number;
}

/** The mean of bits per dimension. */
export function measuredBits({ values, errors }: LogDensities, of: Dimensions): Measured {
  const bits = values.map((value) => bitsPerDimension(value, of));
  const n = bits.length;
  const mean = bits.reduce((a, b) => a + b, 0) / n;
  const spread = bits.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
  const probes = errors.reduce((sum, error) => sum + (error / of.dimension / Math.LN2) ** 2, 0);
  return { mean, error: Math.sqrt(spread / n), probeError: Math.sqrt(probes) / n };
}
