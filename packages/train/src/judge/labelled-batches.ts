import { key, purposes, split, uniforms, type Dataset, type Key } from "@ncsn/core";
import { itemOrder } from "../batches.ts";
import type { Share } from "../onnxruntime/training.ts";

/** Which labelled images a step of training sees. */
export interface LabelledBatches {
  readonly dataset: Dataset;
  /** Images of a step. */
  readonly batch: number;
  readonly seed: number;
  /** Each image is moved by up to so many whole pixels along each axis, zeros coming in. */
  readonly shift: number;
}

/**
 * The maker of a run's batches, as `classifierTraining` takes them: like those of scores, a function of the seed and
 * the step alone.
 * @returns the batch of a step, counting from 0
 */
export function labelledBatches({ dataset, batch, seed, shift }: LabelledBatches): (step: number) => Share {
  const { shape, size } = dataset;
  const itemAt = itemOrder(size, seed);
  const dimension = shape.reduce((a, b) => a * b, 1);
  const augment = split(key(seed), purposes.augment);
  const still = new Float32Array(dimension);

  return (step) => {
    const x = new Float32Array(batch * dimension);
    const moves = shifts(split(augment, step), 2 * batch, shift);
    const label = Int32Array.from({ length: batch }, (_, i) => {
      const found = dataset.read(itemAt(step * batch + i), still, 0);
      move(still, shape, moves[2 * i], moves[2 * i + 1], x.subarray(i * dimension, (i + 1) * dimension));
      return found;
    });
    return { x, label };
  };
}

/** Whole numbers from −most to most, each as likely as the others. */
const shifts = (from: Key, count: number, most: number): Float64Array =>
  uniforms(from, count).map((uniform) => Math.floor((2 * most + 1) * uniform) - most);

/** Writes an image, moved down and to the right, over zeros. */
function move(
  image: Float32Array,
  [channels, height, width]: Dataset["shape"],
  down: number,
  right: number,
  out: Float32Array,
): void {
  const [first, last] = [Math.max(0, right), Math.min(width, width + right)];
  for (let channel = 0; channel < channels; channel++)
    for (let row = Math.max(0, down); row < Math.min(height, height + down); row++) {
      const to = (channel * height + row) * width;
      const from = to - down * width - right;
      for (let column = first; column < last; column++) out[to + column] = image[from + column];
    }
}
