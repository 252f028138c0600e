/**
 * Whether a file computes what was trained: its scores beside those of the float64 reference at noise levels across
 * the whole range, and beside what the trainer's engine said of the probe.
 */
import {
  applyScore,
  classCount,
  probeInputs,
  referenceNn,
  schedules,
  split,
  values,
  type Card,
  type Key,
  type RunConfig,
  type Tensor,
} from "@ncsn/core";

/** Largest error that an exported file may have, relative to the rms of an image's score. */
export const exportTolerance = 1e-4;

/** Noisy images to compare scores at, in model units; float32 values, as a file takes them. */
export interface CheckPoints {
  readonly count: number;
  /** count × C·H·W values, √(σ² + σd²)·noise. */
  readonly x: Float32Array;
  /** From the smallest to the largest level, equally spaced in ln σ, rounded to float32. */
  readonly sigma: Float64Array;
  /** Classes in turn, with "none" among them; undefined for a model without. */
  readonly label: Int32Array | undefined;
}

/** Points to check a model at, `count` ≥ 2 so that both ends of the σ range are among them. */
export function checkPoints(config: RunConfig, count: number, key: Key): CheckPoints {
  const { sigmaRange } = config.recipe;
  return points(
    { shape: config.shape, sigmaRange, sigmaData: config.model.sigmaData },
    classCount(config.model),
    count,
    key,
  );
}

/** The same for a file that has a card. */
export const cardCheckPoints = (card: Card, count: number, key: Key): CheckPoints =>
  points(card, card.classes?.length ?? 0, count, key);

function points(
  { shape, sigmaRange: [sigmaMin, sigmaMax], sigmaData }: Pick<Card, "shape" | "sigmaRange" | "sigmaData">,
  classes: number,
  count: number,
  key: Key,
): CheckPoints {
  const sigma = schedules.geometric(count, { sigmaMin, sigmaMax }).toReversed().map(Math.fround);
  const dimension = shape.reduce((a, b) => a * b, 1);
  return {
    count,
    x: probeInputs({ key: split(key, 0), sigmas: [...sigma] }, dimension, sigmaData),
    sigma,
    label: classes > 0 ? Int32Array.from({ length: count }, (_, i) => (i % (classes + 1)) - 1) : undefined,
  };
}

/** The definition's score of check point `i`: float64 throughout. */
export function referenceScore(
  { model, shape }: Pick<RunConfig, "model" | "shape">,
  parameters: ReadonlyMap<string, Tensor>,
  { x, sigma, label }: CheckPoints,
  i: number,
): Float64Array {
  const nn = referenceNn((name) => {
    const tensor = parameters.get(name);
    if (tensor === undefined) throw new TypeError(`the parameter ${name} is missing`);
    return tensor.data;
  });
  const dimension = shape.reduce((a, b) => a * b, 1);
  const image = values([1, ...shape], x.subarray(i * dimension, (i + 1) * dimension));
  const level = values([1, 1], [sigma[i]]);
  return applyScore(nn, model, image, level, label && values([1, 1], [label[i]])).data;
}

/** The largest difference of one image's score from what is expected, relative to the rms of that; NaN stays NaN. */
export function relativeError(expected: Float64Array, actual: Float32Array): number {
  const rms = Math.sqrt(expected.reduce((sum, value) => sum + value * value, 0) / expected.length);
  const worst = expected.reduce((most, value, i) => {
    const difference = Math.abs(actual[i] - value);
    return difference > most || Number.isNaN(difference) ? difference : most;
  }, 0);
  return worst === 0 ? 0 : worst / rms; // a network at its start may be zero everywhere
}

/** Multiply–adds in float64 that take a few seconds. */
const affordable = 6e8;

/** A number of check points whose float64 scores end in a few seconds. @param multiplyAdds of a score */
export const checkCount = (multiplyAdds: number): number =>
  Math.min(64, Math.max(4, Math.floor(affordable / multiplyAdds)));
