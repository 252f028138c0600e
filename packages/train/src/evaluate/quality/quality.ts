/**
 * How good samples are, in numbers. The reference is made once for a data set, a judge and a number of samples
 * (`reference.ts`), and serves any number of samplings.
 */
import { nearest, type Nearest } from "../distances/nearest.ts";
import { judged, type Judging } from "./judged.ts";
import {
  distances,
  measured,
  nearnessOf,
  verdicts,
  type Distances,
  type Nearness,
  type Verdicts,
} from "./measures.ts";
import { partsKey, type Reference } from "./reference.ts";

/** A sample and the training image that is nearest to it, by their places among the samples and in `Reference.train`. */
export interface ClosestPair {
  readonly sample: number;
  readonly training: number;
  /** Euclidean, in pixels. */
  readonly distance: number;
}

/** The quality of samples. */
export interface Quality extends Distances, Verdicts {
  readonly count: number;
  /** Fréchet distance over that of real images, the mean of the floor's draws: 1 is as good as can be measured. */
  readonly frechetOverFloor: number;
  /** Fréchet distance over that of noise. */
  readonly frechetOverCeiling: number;
  /** χ² of the classes against those of the test images, divided by its degrees of freedom: about 1 where they agree. */
  readonly classesChiSquared: number;
  readonly nearness: Nearness;
  /** Nearness over that of the test images: about 1 for new images, far below it where training images come back. */
  readonly nearnessRatio: Nearness;
  /** The pairs that are nearest of all, the nearest first. */
  readonly closest: readonly ClosestPair[];
  /** The nearest pair of each class that the judge finds among the samples, in the classes' order. */
  readonly closestOfClass: readonly (ClosestPair & { readonly class: number })[];
  /** The class of each sample, by the judge. */
  readonly labels: Uint8Array;
}

/** How to measure. */
export interface QualityOptions {
  /** The one that the reference was made with. */
  readonly judge: Judging;
  readonly signal?: AbortSignal;
  /** Told in shares of the work, from 0 to 1. */
  readonly progress?: (share: number) => void;
}

const closestPairs = 16;

/**
 * Measures samples against a reference.
 * @param samples pixels in [0, 1], [reference.count, C, H, W]
 * @throws RangeError where they are not as many as the reference is for; the signal's reason
 */
export async function quality(
  samples: Float32Array,
  reference: Reference,
  { judge, signal, progress }: QualityOptions,
): Promise<Quality> {
  const { count, test, floor, ceiling, train, seed } = reference;
  if (samples.length !== count * train.width)
    throw new RangeError(
      `invalid samples: ${samples.length} numbers (the reference is for ${count} images of ${train.width})`,
    );
  const seen = measured(await judged(judge, samples, train.width, signal));
  progress?.(0.2);
  const distance = distances(seen, test, partsKey(seed));
  progress?.(0.4);
  const found = await nearest(seen.judged.images, train, {
    signal,
    progress: (done, total) => progress?.(0.4 + (0.6 * done) / total),
  });
  const nearness = nearnessOf(found);
  const pairs = byDistance(found);
  const verdict = verdicts(seen.judged);
  return {
    count,
    ...distance,
    frechetOverFloor: distance.frechet / floor.frechet.mean,
    frechetOverCeiling: distance.frechet / ceiling.frechet,
    ...verdict,
    classesChiSquared: chiSquared(verdict.classes, test.classes),
    nearness,
    nearnessRatio: {
      first: nearness.first / test.nearness.first,
      median: nearness.median / test.nearness.median,
    },
    closest: pairs.slice(0, closestPairs),
    closestOfClass: reference.classes.flatMap((_, label) => {
      const pair = pairs.find(({ sample }) => seen.judged.classes[sample] === label);
      return pair === undefined ? [] : [{ ...pair, class: label }];
    }),
    labels: seen.judged.classes,
  };
}

/** Pearson's χ² of two rows of counts, homogeneity, over its degrees of freedom; classes that neither has are left out. */
function chiSquared(a: readonly number[], b: readonly number[]): number {
  const [ofA, ofB] = [a, b].map((counts) => counts.reduce((sum, count) => sum + count, 0));
  let [sum, classes] = [0, 0];
  a.forEach((count, label) => {
    const both = count + b[label];
    if (both === 0) return;
    classes += 1;
    const [expectedA, expectedB] = [(both * ofA) / (ofA + ofB), (both * ofB) / (ofA + ofB)];
    sum += (count - expectedA) ** 2 / expectedA + (b[label] - expectedB) ** 2 / expectedB;
  });
  return classes > 1 ? sum / (classes - 1) : 0;
}

function byDistance({ index, distance }: Nearest): readonly ClosestPair[] {
  return [...distance.keys()]
    .sort((a, b) => distance[a] - distance[b] || a - b)
    .map((sample) => ({ sample, training: index[sample], distance: distance[sample] }));
}
