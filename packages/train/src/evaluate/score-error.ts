/** A model's score against the exact one of the data, where a data set knows that: by noise level, and overall. */
import { fillNormals, key, purposes, schedules, split, type Card, type Dataset } from "@ncsn/core";
import type { Model } from "@ncsn/infer";

/** The error at one noise level. */
export interface LevelError {
  /** Model units. */
  readonly sigma: number;
  /** √(E‖s_θ − s‖² / E‖s‖²) over x = data + σ·z. */
  readonly error: number;
  /** Its standard error. */
  readonly standardError: number;
}

/** What {@link scoreErrors} finds. */
export interface ScoreErrors {
  /** Points at each level. */
  readonly points: number;
  /** √(Σ σ²·E‖s_θ − s‖² / Σ σ²·E‖s‖²) over the levels: the weight σ² of training, and no level's alone. */
  readonly overall: number;
  /** From the highest level to the lowest. */
  readonly levels: readonly LevelError[];
}

/** What to compare. */
export interface ScoreErrorOptions {
  readonly model: Pick<Model, "card" | "score">;
  /** A set with an exact score. */
  readonly dataset: Dataset;
  /** Number of the first item, and how many; 2,000 at most are taken. */
  readonly first: number;
  readonly count: number;
  /** Of the noise. */
  readonly seed: number;
  /** Points of one run of the network. */
  readonly batch?: number;
  readonly signal?: AbortSignal;
  /** Levels that are done. */
  readonly progress?: (done: number, total: number) => void;
}

/** Levels in the model's range, equally spaced in ln σ with both ends. */
const levelCount = 16;
const pointsAtMost = 2000;
/** What the keys of an evaluation are for; `log-densities.ts` has 0 and 1, `quality/reference.ts` 2 to 4. */
const forScoreErrors = 5;

/**
 * The error of a model's score in its own units: the same points of the data at every level, with noise of their own.
 * @throws TypeError where the data set has no exact score
 */
export async function scoreErrors(options: ScoreErrorOptions): Promise<ScoreErrors> {
  const { model, dataset, first, count, seed, batch, signal, progress } = options;
  const { card } = model;
  const points = Math.min(count, pointsAtMost);
  const data = itemsOf(dataset, first, points, card);
  const from = split(split(key(seed), purposes.evaluation), forScoreErrors);
  const sigmas = errorLevels(card);
  const levels: LevelError[] = [];
  let [wrong, all] = [0, 0];
  for (const [level, sigma] of sigmas.entries()) {
    const z = fillNormals(split(from, level), new Float32Array(data.length));
    const x = data.map((value, i) => value + sigma * z[i]);
    const found = await model.score(x, sigma, { batch, signal });
    const { differences, squares } = squaredNorms(found, exactScore(dataset, card, x, sigma), points);
    const [error, exact] = [mean(differences), mean(squares)];
    levels.push({ sigma, ...rootOfRatio(differences, squares) });
    wrong += sigma ** 2 * error;
    all += sigma ** 2 * exact;
    progress?.(level + 1, sigmas.length);
  }
  return { points, overall: Math.sqrt(wrong / all), levels };
}

/** The levels at which errors are looked for; of a model that knows a table of levels, the nearest of those. */
export function errorLevels({ sigmaRange, sigmas }: Pick<Card, "sigmaRange" | "sigmas">): readonly number[] {
  const [sigmaMin, sigmaMax] = sigmaRange;
  const spaced = [...schedules.geometric(levelCount, { sigmaMin, sigmaMax })];
  const near = (sigma: number): number =>
    sigmas?.reduce((a, b) => (Math.abs(Math.log(b / sigma)) < Math.abs(Math.log(a / sigma)) ? b : a)) ??
    sigma;
  return [...new Set(spaced.map(near).map(Math.fround))]; // float32, as the model is told them
}

/**
 * ∇ₓ log p_σ(x) of the data as the model sees them, in model units.
 * @param x model units
 * @throws TypeError where the data set has no exact score
 */
export function exactScore(
  { name, score }: Dataset,
  { pixels: { scale, offset } }: Pick<Card, "pixels">,
  x: ArrayLike<number>,
  sigma: number,
): Float64Array {
  if (score === undefined) throw new TypeError(`the data set ${name} has no exact score`);
  const own = Float64Array.from(x, (value) => (value - offset) / scale);
  return score(own, sigma / Math.abs(scale)).map((value) => value / scale);
}

/** Items in model units. */
function itemsOf(dataset: Dataset, first: number, count: number, { pixels }: Card): Float32Array {
  const dimension = dataset.shape.reduce((a, b) => a * b, 1);
  const items = new Float32Array(count * dimension);
  for (let i = 0; i < count; i++) dataset.read(first + i, items, i * dimension);
  return items.map((value) => pixels.scale * value + pixels.offset);
}

/** ‖s_θ − s‖² and ‖s‖² of each point. */
function squaredNorms(found: Float32Array, exact: Float64Array, points: number) {
  const dimension = exact.length / points;
  const [differences, squares] = [new Float64Array(points), new Float64Array(points)];
  exact.forEach((value, i) => {
    const point = Math.floor(i / dimension);
    differences[point] += (found[i] - value) ** 2;
    squares[point] += value ** 2;
  });
  return { differences, squares };
}

/** √(E a / E b) of pairs, and its standard error: a ratio r varies as the mean of a − r·b over E b. */
function rootOfRatio(a: Float64Array, b: Float64Array): { error: number; standardError: number } {
  const ratio = mean(a) / mean(b);
  const residuals = a.map((value, i) => (value - ratio * b[i]) ** 2);
  const ofRatio = Math.sqrt(mean(residuals) / a.length) / mean(b);
  const error = Math.sqrt(ratio);
  return { error, standardError: error > 0 ? ofRatio / (2 * error) : 0 };
}

const mean = (values: Float64Array): number => values.reduce((a, b) => a + b, 0) / values.length;
