/**
 * What samples are measured against: the test images of a data set, the training images that a model may have learnt by
 * heart, and what the distances are where nothing can be better (as many real images) or worse (as much noise).
 */
import { key, permutation, purposes, split, uniforms, type Dataset, type Key } from "@ncsn/core";
import { nearest } from "../distances/nearest.ts";
import { pick, rowsOf, type Rows } from "../distances/rows.ts";
import { judged, type Judging } from "./judged.ts";
import {
  distances,
  measured,
  nearnessOf,
  verdicts,
  type Distances,
  type Measured,
  type Nearness,
  type Verdicts,
} from "./measures.ts";

/** A mean over draws, and their standard deviation. */
export interface Spread {
  readonly mean: number;
  readonly deviation: number;
}

/** Training images measured as if they were samples, in several draws. */
export interface Floor {
  readonly draws: number;
  /** Whether no image is in two draws. */
  readonly disjoint: boolean;
  readonly frechet: Spread;
  readonly kernel: Spread;
  readonly precision: Spread;
  readonly recall: Spread;
}

/** Everything that does not depend on the samples. */
export interface Reference {
  readonly dataset: string;
  readonly shape: readonly [channels: number, height: number, width: number];
  readonly classes: readonly string[];
  /** Samples that it is for: every distance depends on how many there are. */
  readonly count: number;
  readonly seed: number;
  readonly train: Rows;
  readonly test: Measured & Verdicts & { readonly nearness: Nearness };
  /** Real images, the best that can be: `count` of the training images in each draw. */
  readonly floor: Floor;
  /** Noise, uniform in [0, 1] in every pixel: as bad as can be. */
  readonly ceiling: Distances;
}

/** What to make a reference of. */
export interface ReferenceOptions {
  readonly train: Dataset;
  readonly test: Dataset;
  readonly judge: Judging;
  /** Samples that will be measured. */
  readonly count: number;
  /** Of the draws; 0 unless told. */
  readonly seed?: number;
  /** Training and test images, at most; {@link referenceSize} unless told. */
  readonly trainCount?: number;
  readonly testCount?: number;
  readonly signal?: AbortSignal;
  /** Told in shares of the work, from 0 to 1. */
  readonly progress?: (share: number) => void;
}

/** Images of a reference at most: all of MNIST and CIFAR-10, and as many of an endless set. */
export const referenceSize = { train: 60_000, test: 10_000 } as const;

const draws = 5;

/** What the keys of an evaluation are for. */
const [forFloor, forCeiling, forParts] = [2, 3, 4]; // `log-densities.ts` has 0 and 1

/** The key of KID's parts, of all that is measured with a seed. */
export const partsKey = (seed: number): Key => split(split(key(seed), purposes.evaluation), forParts);

/**
 * Makes a reference. It can be used for any number of samplings, with the same judge.
 * @throws RangeError where the data are too few for `count` samples, or not alike; the signal's reason
 */
export async function openReference(options: ReferenceOptions): Promise<Reference> {
  const { train, test, judge, count, seed = 0, signal, progress } = options;
  const { trainCount = referenceSize.train, testCount = referenceSize.test } = options;
  if (String(train.shape) !== String(test.shape))
    throw new RangeError(
      `invalid data: [${train.shape.join(", ")}] to train, [${test.shape.join(", ")}] to test`,
    );
  const training = imagesOf(train, trainCount);
  if (count > training.count)
    throw new RangeError(
      `invalid count: ${count} (${train.name} has ${training.count} images to compare with)`,
    );
  const from = split(key(seed), purposes.evaluation);
  const { width: dimension } = training;
  const look = async (images: Rows): Promise<Measured> =>
    measured(await judged(judge, images.data, dimension, signal));

  const reference = await look(imagesOf(test, testCount));
  const ofTest = verdicts(reference.judged);
  progress?.(0.1);
  const real: Distances[] = [];
  const disjoint = draws * count <= training.count;
  const order = permutation(split(from, forFloor), training.count);
  for (let draw = 0; draw < draws; draw++) {
    const numbers = disjoint
      ? order.subarray(draw * count, (draw + 1) * count)
      : permutation(split(split(from, forFloor), draw), training.count).subarray(0, count);
    real.push(distances(await look(pick(training, numbers)), reference, partsKey(seed)));
    progress?.(0.1 + (0.6 * (draw + 1)) / draws);
  }
  const noise = rowsOf(Float32Array.from(uniforms(split(from, forCeiling), count * dimension)), dimension);
  const ceiling = distances(await look(noise), reference, partsKey(seed));
  const found = await nearest(reference.judged.images, training, {
    signal,
    progress: (done, total) => progress?.(0.75 + (0.25 * done) / total),
  });
  return {
    dataset: test.name,
    shape: test.shape,
    classes: ofTest.classes.map((_, label) => test.classes?.[label] ?? String(label)),
    count,
    seed,
    train: training,
    test: { ...reference, ...ofTest, nearness: nearnessOf(found) },
    floor: {
      draws,
      disjoint,
      frechet: spread(real.map(({ frechet }) => frechet)),
      kernel: spread(real.map(({ kernel }) => kernel.value)),
      precision: spread(real.map(({ precision }) => precision)),
      recall: spread(real.map(({ recall }) => recall)),
    },
    ceiling,
  };
}

/**
 * Images of a set, a row each: evenly from all of it, since a set may be sorted (MNIST's test images are, by who wrote
 * them), or the first of an endless one.
 */
function imagesOf(dataset: Dataset, most: number): Rows {
  const count = Math.min(dataset.size, most);
  const width = dataset.shape.reduce((a, b) => a * b, 1);
  const data = new Float32Array(count * width);
  const stride = dataset.size === Infinity ? 1 : dataset.size / count;
  for (let i = 0; i < count; i++) dataset.read(Math.floor(i * stride), data, i * width);
  return { data, count, width };
}

function spread(values: readonly number[]): Spread {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / (values.length - 1)) };
}
