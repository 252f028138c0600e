/** `--auto-noise`: NCSNv2's five techniques computed from the data, said in a sentence each, and put into the recipe. */
import {
  distanceSampleSize,
  fiveTechniques,
  largestDistance,
  levelOverlap,
  withTechniques,
  type Dataset,
  type FiveTechniques,
  type Recipe,
} from "@ncsn/core";
import { itemOrder } from "../batches.ts";
import { modelUnits } from "../model-units.ts";
import { count } from "./show.ts";
import { UsageError } from "./usage-error.ts";

/** A recipe that fits its noise to the data, and the lines that explain it. */
export interface FittedNoise {
  readonly recipe: Recipe;
  readonly lines: readonly string[];
}

/**
 * Fits the noise of a recipe to a data set, from the items that a run of the seed sees first.
 * @throws UsageError where the data do not differ enough to have a scale
 */
export function fitNoise(recipe: Recipe, dataset: Dataset, seed: number): FittedNoise {
  const dimension = dataset.shape.reduce((a, b) => a * b, 1);
  const sample = distanceSampleSize(dataset.size, dimension);
  const itemAt = itemOrder(dataset.size, seed);
  const items = new Float32Array(sample * dimension);
  for (let i = 0; i < sample; i++) dataset.read(itemAt(i), items, i * dimension);
  const distance = Math.abs(modelUnits(recipe, dataset).scale) * largestDistance(items, dimension);
  const [sigmaMin] = recipe.sigmaRange;
  if (!(distance > sigmaMin))
    throw new UsageError(
      `invalid auto-noise: the items of ${dataset.name} are at most ${distance} apart (need more than sigma_L = ${sigmaMin})`,
    );
  const techniques = fiveTechniques({ distance, dimension, sigmaMin });
  const of = dataset.size === Infinity ? "" : ` of ${count(dataset.size)}`;
  return {
    recipe: withTechniques(recipe, techniques),
    lines: [
      `noise for ${dataset.name}, by the five techniques of Song & Ermon 2020 (model units, ${count(dimension)} values an item):`,
      ...explain(techniques, `${count(sample)}${of} items`, dimension).map(
        ([what, why]) => `  ${what.padEnd(32)} ${why}`,
      ),
    ],
  };
}

function explain(
  { sigmaRange: [low, high], levels, gamma, stepsPerLevel, epsilon, varianceRatio, emaDecay }: FiveTechniques,
  sample: string,
  dimension: number,
): (readonly [string, string])[] {
  const overlap = levelOverlap(dimension, gamma);
  const close =
    overlap > 0.9
      ? `about NCSN's ratio: any two levels overlap where there are so few dimensions`
      : `so close that ${(100 * overlap).toFixed(0)}% of one level's images could be of the level above`;
  return [
    [
      `1  sigma_1 ${high.toPrecision(4)}`,
      `the largest distance between two of ${sample}, so that noise leads from any to any other`,
    ],
    [`2  L ${levels}, gamma ${gamma.toFixed(4)}`, `levels down to sigma_L ${low}, ${close}`],
    [
      "3  score = F(x)/sigma",
      "the size of the score is known, so the network need not learn it level by level",
    ],
    [
      `4  T ${stepsPerLevel}, epsilon ${epsilon.toExponential(2)}`,
      `the steps a level, and the step at the last, that leave ${varianceRatio.toFixed(3)} times the variance a level should have`,
    ],
    [
      `5  EMA ${emaDecay}`,
      "samples come from the moving average of the parameters, which does not swing as they do",
    ],
    ["   denoise", "a last step x + sigma_L^2 * score takes away the noise that the last level leaves"],
  ];
}
