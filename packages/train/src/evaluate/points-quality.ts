/** What a model of points of the plane is worth: its samples against the data, its score against the exact one. */
import { hostSpace, prior, toPixels, type Dataset, type ScheduleRange } from "@ncsn/core";
import { samplingKey, type Model, type Plan, type SamplingRequest } from "@ncsn/infer/node";
import { maximumMeanDiscrepancy, medianDistance } from "./distances/maximum-mean-discrepancy.ts";
import type { Rows } from "./distances/rows.ts";
import { sampleImages } from "./quality/sample-images.ts";
import { scoreErrors, type ScoreErrors } from "./score-error.ts";

/** What of a model is asked. */
export type EvaluatedModel = Pick<Model, "card" | "plan" | "score" | "steps">;

/** Points of the data to hold samples against, and how far equally many other points of the data are from such. */
export interface PointsReference {
  readonly points: Rows;
  /** Of the Gaussian kernel: the median distance of the points, in the data's units. */
  readonly bandwidth: number;
  /** MMD² of points of the data against points of the data, over draws of both. */
  readonly floor: { readonly mean: number; readonly deviation: number; readonly draws: number };
}

/** What to measure. */
export interface PointsQualityOptions {
  readonly model: EvaluatedModel;
  /** Points, with an exact score where the score is to be judged. */
  readonly dataset: Dataset;
  /** Number of the first item and of the first sample, and how many of each. */
  readonly first: number;
  readonly count: number;
  /** Of the samples, and of the noise at which scores are compared. */
  readonly seed: number;
  /** How to sample; the model's own way unless told. */
  readonly sampling?: SamplingRequest;
  /** Points of one run of the network: speed and memory, never the result. */
  readonly batch?: number;
  readonly signal?: AbortSignal;
  readonly progress?: (done: number, total: number) => void;
}

/** How samples were made. */
export interface SamplingFacts
  extends Pick<Plan, "sampler" | "schedule" | "steps" | "options">, ScheduleRange {
  /** Score evaluations of each sample; on average, where the data decide. */
  readonly evaluations: number;
}

/** Samples and how far from the data they are. */
export interface SampleDistance {
  readonly sampling: SamplingFacts;
  /** In the data's units. */
  readonly samples: Rows;
  /** MMD² of the samples against the reference. */
  readonly squaredDistance: number;
  /** The same of the points that sampling starts from: what is reached without a model. */
  readonly ceiling: number;
}

/** Everything that {@link pointsQuality} finds. */
export interface PointsQuality {
  readonly reference: PointsReference;
  readonly distance: SampleDistance;
  /** Undefined where the data set has no exact score. */
  readonly score: ScoreErrors | undefined;
}

/** Pairs of draws of the data, for the floor. */
const floorDraws = 8;

/** All of it: {@link pointsReference}, {@link sampleDistance} and `scoreErrors`. @throws RangeError, TypeError */
export async function pointsQuality(options: PointsQualityOptions): Promise<PointsQuality> {
  const { model, dataset, progress } = options;
  const parts = dataset.score === undefined ? 2 : 3;
  const part = (index: number) => (done: number, total: number) =>
    progress?.(Math.floor(100 * (index + done / total)), 100 * parts);
  const reference = await pointsReference({ ...options, progress: part(0) });
  const distance = await sampleDistance({ ...options, reference, progress: part(1) });
  const score =
    dataset.score === undefined ? undefined : await scoreErrors({ ...options, model, progress: part(2) });
  return { reference, distance, score };
}

/**
 * The reference of a data set: items `first` … , and the floor from pairs of draws of the items behind them, `count`
 * each.
 * @throws RangeError where the set has too few items
 */
export async function pointsReference({
  dataset,
  first,
  count,
  signal,
  progress,
}: Pick<
  PointsQualityOptions,
  "dataset" | "first" | "count" | "signal" | "progress"
>): Promise<PointsReference> {
  const needed = first + (1 + 2 * floorDraws) * count;
  if (needed > dataset.size)
    throw new RangeError(
      `invalid count: ${count} from ${first} (${dataset.name} has ${dataset.size} items, and the floor needs ${needed})`,
    );
  const draw = (index: number): Rows => rowsOf(dataset, first + index * count, count);
  const points = draw(0);
  const bandwidth = medianDistance(points);
  const values: number[] = [];
  for (let i = 0; i < floorDraws; i++) {
    values.push(maximumMeanDiscrepancy(draw(2 * i + 1), draw(2 * i + 2), bandwidth));
    progress?.(i + 1, floorDraws);
    await pause(signal);
  }
  const mean = values.reduce((a, b) => a + b, 0) / floorDraws;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const deviation = Math.sqrt(squares / (floorDraws - 1));
  return { points, bandwidth, floor: { mean, deviation, draws: floorDraws } };
}

/** Samples of a model, and their distance from a reference. @throws as `Model.steps` does */
export async function sampleDistance({
  model,
  first,
  seed,
  sampling,
  batch,
  reference: { points, bandwidth },
  signal,
  progress,
}: Omit<PointsQualityOptions, "dataset" | "count"> & {
  readonly reference: PointsReference;
}): Promise<SampleDistance> {
  const { count, width } = points;
  const request = { ...sampling, batch, seed, count, first, signal };
  const { pixels, plan, evaluations } = await sampleImages(model, request, progress);
  const samples: Rows = { data: pixels, count, width };
  const space = hostSpace({
    count,
    dimension: width,
    key: samplingKey(seed),
    first,
    score: () => Promise.reject(new Error("the start has no score")),
  });
  const start = prior(space, { sampler: { ...model.card.sampler, prior: plan.prior } }, plan.sigmas[0]);
  const { sampler, schedule, steps, options, range } = plan;
  return {
    sampling: { sampler, schedule, steps, options, ...range, evaluations },
    samples,
    squaredDistance: maximumMeanDiscrepancy(samples, points, bandwidth),
    ceiling: maximumMeanDiscrepancy({ ...samples, data: toPixels(model.card, start) }, points, bandwidth),
  };
}

/** Items of a data set, in its units. */
function rowsOf(dataset: Dataset, first: number, count: number): Rows {
  const width = dataset.shape.reduce((a, b) => a * b, 1);
  const data = new Float32Array(count * width);
  for (let i = 0; i < count; i++) dataset.read(first + i, data, i * width);
  return { data, count, width };
}

/** Lets Ctrl-C through. */
async function pause(signal: AbortSignal | undefined): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  signal?.throwIfAborted();
}
