/** Images as a judge sees them. */
import { rowsOf, type Rows } from "../distances/rows.ts";
import type { Judge } from "../judge.ts";

/** What is asked of a judge. */
export type Judging = Pick<Judge, "judge">;

/** Images with what a judge said of them. */
export interface Judged {
  /** The images themselves, a row each: pixels in [0, 1]. */
  readonly images: Rows;
  readonly features: Rows;
  /** Number of classes that the judge knows. */
  readonly known: number;
  /** The most probable class of each, and its probability. */
  readonly classes: Uint8Array;
  readonly confidences: Float32Array;
}

/** Images of one run of the judge: memory, never the result. */
const batch = 256;

/** Lets a judge look at images. @param dimension numbers of an image @throws RangeError; the signal's reason */
export async function judged(
  judge: Judging,
  pixels: Float32Array,
  dimension: number,
  signal?: AbortSignal,
): Promise<Judged> {
  const images = rowsOf(pixels, dimension);
  const classes = new Uint8Array(images.count);
  const confidences = new Float32Array(images.count);
  let features = new Float32Array(0);
  let known = 0;
  for (let from = 0; from < images.count; from += batch) {
    signal?.throwIfAborted();
    const count = Math.min(batch, images.count - from);
    const seen = await judge.judge(pixels.subarray(from * dimension, (from + count) * dimension), count);
    if (from === 0) features = new Float32Array((seen.features.length / count) * images.count);
    features.set(seen.features, (seen.features.length / count) * from);
    known = seen.probabilities.length / count;
    for (let i = 0; i < count; i++) {
      const probabilities = seen.probabilities.subarray(i * known, (i + 1) * known);
      confidences[from + i] = Math.max(...probabilities);
      classes[from + i] = probabilities.indexOf(confidences[from + i]);
    }
  }
  return { images, features: rowsOf(features, features.length / images.count), known, classes, confidences };
}
