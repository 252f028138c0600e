/**
 * Adam (Kingma & Ba 2015, algorithm 1) with clipping by the global norm, and a moving average of the parameters: the
 * definition, over plain arrays, that every engine's own step is tested against.
 */
import type { OptimiserOptions } from "./recipes/recipe.ts";

/** What one step is taken with. */
export interface Hyper {
  readonly rate: number;
  readonly emaDecay: number;
  /** Largest global norm of the gradient; Infinity for none. */
  readonly clip: number;
}

/** Parameters, their moving average, and the two moments: arrays of one length. */
export interface AdamState {
  readonly raw: Float32Array;
  readonly ema: Float32Array;
  readonly m: Float32Array;
  readonly v: Float32Array;
}

/**
 * One step in place, `step` counting from 1. A gradient that is not finite leaves everything as it is.
 * @returns the global norm of the gradient before clipping
 */
export function adamStep(
  { raw, ema, m, v }: AdamState,
  gradient: Float32Array,
  step: number,
  { rate, emaDecay, clip }: Hyper,
  { beta1, beta2, epsilon }: Pick<OptimiserOptions, "beta1" | "beta2" | "epsilon">,
): number {
  let squares = 0;
  for (const g of gradient) squares += g * g;
  const norm = Math.sqrt(squares);
  if (!Number.isFinite(norm)) return norm;
  const factor = norm > clip ? clip / norm : 1;
  // the bias corrections of m and v, as factors: a division costs as much as the rest of the line
  const size = rate / (1 - beta1 ** step);
  const correction = 1 / (1 - beta2 ** step);
  for (let i = 0; i < raw.length; i++) {
    const g = factor * gradient[i];
    m[i] = beta1 * m[i] + (1 - beta1) * g;
    v[i] = beta2 * v[i] + (1 - beta2) * g * g;
    raw[i] -= (size * m[i]) / (Math.sqrt(correction * v[i]) + epsilon);
    ema[i] = emaDecay * ema[i] + (1 - emaDecay) * raw[i];
  }
  return norm;
}

/** The settings of step `step`, counting from 0, of a run of `steps`. */
export function hyperAt(step: number, steps: number, rate: number, options: OptimiserOptions): Hyper {
  const { warmup, finalRate, clip = Infinity, emaDecay } = options;
  const warm = Math.min(1, (step + 1) / Math.max(1, warmup));
  const progress = steps <= 1 ? 0 : step / (steps - 1);
  return {
    rate: rate * warm * Math.max(finalRate, 1 - progress),
    emaDecay: Math.min(emaDecay, (1 + step) / (10 + step)),
    clip,
  };
}
