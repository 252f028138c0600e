/**
 * Which data a training step sees: a function of the run's seed and the step alone, so that the step is all the state
 * there is to save. Item number n = step·batch + j counts on across the run; an endless set gives its item n, a finite
 * one is gone through in a new order every epoch.
 */
import {
  classCount,
  key,
  noisyBatch,
  permutation,
  purposes,
  split,
  uniforms,
  type Batch,
  type Dataset,
  type Key,
  type RunConfig,
} from "@ncsn/core";

/** The share of labels that training hides, for classifier-free guidance (Ho & Salimans 2022). */
export const hiddenLabels = 0.1;

/** The key that a run's procedural data are drawn from. */
export const dataKey = (seed: number): Key => split(key(seed), purposes.order);

export { classCount } from "@ncsn/core";

/**
 * The maker of a run's batches.
 * @returns the batch of a step, counting from 0; every call makes new arrays
 */
export function batchesOf(config: RunConfig, dataset: Dataset): (step: number) => Batch {
  const { batch: count, pixels, recipe, seed, model } = config;
  const root = key(seed);
  const itemAt = itemOrder(dataset.size, seed);
  const dimension = dataset.shape.reduce((a, b) => a * b, 1);
  const labelled = classCount(model) > 0;

  return (step) => {
    const clean = new Float32Array(count * dimension);
    const classes = Int32Array.from({ length: count }, (_, j) =>
      dataset.read(itemAt(step * count + j), clean, j * dimension),
    );
    for (let i = 0; i < clean.length; i++) clean[i] = pixels.scale * clean[i] + pixels.offset;
    return noisyBatch(clean, count, {
      root,
      step,
      objective: recipe.objective,
      sigmaRange: recipe.sigmaRange,
      model,
      ...(labelled ? { label: hideSome(classes, split(split(root, purposes.augment), step)) } : {}),
    });
  };
}

/**
 * The index of the n-th item that a run of a seed sees. Two epochs' orders are kept, for the batches that straddle
 * their border.
 */
export function itemOrder(size: number, seed: number): (item: number) => number {
  if (size === Infinity) return (item) => item;
  const from = dataKey(seed);
  const orders = new Map<number, Uint32Array>();
  return (item) => {
    const epoch = Math.floor(item / size);
    let order = orders.get(epoch);
    if (order === undefined) {
      order = permutation(split(from, epoch), size);
      orders.set(epoch, order);
      orders.delete(epoch - 2);
    }
    return order[item - epoch * size];
  };
}

function hideSome(classes: Int32Array, from: Key): Int32Array {
  const draws = uniforms(from, classes.length);
  return classes.map((label, i) => (draws[i] < hiddenLabels ? -1 : label));
}
