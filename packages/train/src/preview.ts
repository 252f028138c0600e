/**
 * Samples drawn while training by the recipe's own sampler, on a key that nothing else uses: by the moving average of
 * the parameters, and by the parameters as they are.
 */
import {
  classCount,
  hostSpace,
  key,
  prior,
  purposes,
  resolveOptions,
  samplers,
  samplingLevels,
  split,
  toPixels,
  type RunConfig,
  type Sampler,
} from "@ncsn/core";
import type { Engine } from "./engine.ts";

export interface PreviewOptions {
  readonly config: RunConfig;
  readonly engine: Engine;
  readonly count: number;
  /** By the moving average, unless told, or the parameters as they are: image i starts from the same noise. */
  readonly which?: "raw" | "ema";
  /** Gives up between two steps of the sampler. */
  readonly signal?: AbortSignal;
}

/**
 * Samples `count` images; image i is the same in every preview of one state.
 * @returns pixels [count, C, H, W] in [0, 1] (points: the data's own coordinates), or undefined where it gave up
 */
export async function drawPreview({
  config,
  engine,
  count,
  which = "ema",
  signal,
}: PreviewOptions): Promise<Float32Array | undefined> {
  const { recipe, seed, shape, model } = config;
  const { sampler, options, sigmas } = samplingOf(config);
  const classes = classCount(model);
  const labels = classes > 0 ? Int32Array.from({ length: count }, (_, i) => i % classes) : undefined;
  const space = hostSpace({
    count,
    dimension: shape.reduce((a, b) => a * b, 1),
    key: split(key(seed), purposes.preview),
    async score(x, sigma, out) {
      const level = typeof sigma === "number" ? new Float64Array(count).fill(sigma) : sigma;
      out.set(await engine.score(x, level, which, labels));
    },
  });
  const x = prior(space, recipe, sigmas[0]);
  let result = x;
  for await (const step of sampler.run(space, x, sigmas, options)) {
    if (signal?.aborted === true) return undefined;
    result = step.x;
  }
  return toPixels(config, result);
}

/** Whose samples previews show: a run without a moving average has none to compare with. */
export const previewed = ({ optimiser }: RunConfig["recipe"]): readonly ("ema" | "raw")[] =>
  optimiser.emaDecay > 0 ? ["ema", "raw"] : ["ema"];

/** How often previews are drawn, and of how many images. */
export interface PreviewPlan {
  /** Steps from one to the next. */
  readonly every: number;
  readonly count: number;
  /** The time of previews as a share of that of the steps, about. */
  readonly overhead: number;
}

const previewsPerRun = 10;
const share = 0.1; // of the run's time, at most
/** Numbers of images, and of points, to choose from. */
const counts = { images: [64, 36, 16], points: [1024, 512, 256] };

/**
 * A plan whose previews take no more than a tenth of a run, by counting: a training step costs about three evaluations
 * of each image of its batch.
 * @param every steps between previews, where the user says so
 */
export function planPreviews(
  config: Pick<RunConfig, "recipe" | "batch" | "steps" | "shape">,
  every?: number,
): PreviewPlan {
  const { batch, steps, shape } = config;
  const { sampler, options } = samplingOf(config);
  const evaluations = sampler.evaluations(config.recipe.sampler.steps, options) ?? 100;
  const pictures = previewed(config.recipe).length;
  const cost = (count: number): number => (pictures * count * evaluations) / (3 * batch); // in steps
  const choices = counts[shape[1] * shape[2] > 1 ? "images" : "points"];
  const fewest = choices[choices.length - 1];
  const apart = Math.max(Math.ceil(steps / previewsPerRun), Math.ceil(cost(fewest) / share)); // at least
  const interval = every ?? Math.ceil(steps / Math.max(1, Math.floor(steps / apart)));
  const count = choices.find((some) => cost(some) <= share * interval) ?? fewest;
  return { every: interval, count, overhead: cost(count) / interval };
}

function samplingOf({ recipe }: Pick<RunConfig, "recipe">) {
  const choice = recipe.sampler;
  const sampler: Sampler = samplers[choice.name];
  const [sigmaMin, sigmaMax] = recipe.sigmaRange;
  return {
    sampler,
    options: resolveOptions(choice.name, sampler, choice.options),
    sigmas: samplingLevels(sampler, choice.schedule ?? sampler.schedule, choice.steps, {
      sigmaMin,
      sigmaMax,
    }),
  };
}
