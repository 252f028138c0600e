/** log p of data under a score model: exactly for a few dimensions, by random probes for images. */
import { bits, split, type Key } from "../rng.ts";
import type { Space } from "../space.ts";
import { probabilityFlow, type FlowOptions } from "./probability-flow.ts";

/** Estimates of log p of each image. */
export interface LogDensities {
  /** Nats, model units: the mean over the probes. */
  readonly values: Float64Array;
  /** Standard error of each by the spread of its probes; 0 for an exact divergence, NaN for a single probe. */
  readonly errors: Float64Array;
}

/** log p with the divergence as the sum over all coordinates: as many vjps at every evaluation as x has numbers. */
export async function exactLogDensity<V>(space: Space<V>, x: V, options: FlowOptions): Promise<LogDensities> {
  const { count, dimension } = space;
  const units = Array.from({ length: dimension }, (_, k) =>
    space.constant(Float32Array.from({ length: count * dimension }, (_, i) => (i % dimension === k ? 1 : 0))),
  );
  const { latent, logPrior, gains } = await probabilityFlow(space, x, units, options);
  space.release(latent, ...units);
  const values = logPrior.map((prior, n) => gains.reduce((sum, gain) => sum + gain[n], prior));
  return { values, errors: new Float64Array(count) };
}

/**
 * log p with Hutchinson's estimate of the divergence, E[vᵀ(∂score/∂x)v] for v of independent signs (Hutchinson 1990;
 * Grathwohl et al. 2019, FFJORD). A probe stays the same along the whole solution; images and probes have their own.
 * @param from key of the first image: image n has split(from, first + n), its probe k split(that, k)
 */
export async function estimatedLogDensity<V>(
  space: Space<V>,
  x: V,
  { probes, from, first, ...options }: FlowOptions & { probes: number; from: Key; first: number },
): Promise<LogDensities> {
  const { count, dimension } = space;
  const directions = Array.from({ length: probes }, (_, k) => {
    const values = new Float32Array(count * dimension);
    for (let n = 0; n < count; n++)
      values.set(signs(split(split(from, first + n), k), dimension), n * dimension);
    return space.constant(values);
  });
  const { latent, logPrior, gains } = await probabilityFlow(space, x, directions, options);
  space.release(latent, ...directions);
  const mean = logPrior.map((_, n) => gains.reduce((sum, gain) => sum + gain[n], 0) / probes);
  return {
    values: logPrior.map((prior, n) => prior + mean[n]),
    errors: mean.map((value, n) =>
      Math.sqrt(gains.reduce((sum, gain) => sum + (gain[n] - value) ** 2, 0) / ((probes - 1) * probes)),
    ),
  };
}

/** `count` independent signs, −1 or 1 (Rademacher's law). */
export const signs = (from: Key, count: number): Float32Array =>
  Float32Array.from(bits(from, count), (word) => (word >>> 31 === 0 ? 1 : -1));
