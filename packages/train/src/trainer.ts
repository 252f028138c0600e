/** The training loop: an async generator over steps, driven by whoever consumes it. */
import { hyperAt, networks, type Dataset, type RunConfig } from "@ncsn/core";
import { batchesOf } from "./batches.ts";
import type { Engine, NotFinite } from "./engine.ts";

/** What one step of training gave. */
export interface TrainingStep {
  /** Steps taken so far, this one included. */
  readonly step: number;
  /** Mean over the batch. */
  readonly loss: number;
  readonly lossByImage: Float64Array;
  /** Noise level of each image, model units. */
  readonly sigma: Float64Array;
  /** Norm of the gradient before clipping. */
  readonly gradNorm: number;
  readonly rate: number;
  readonly emaDecay: number;
  /** How long the step took, data included. */
  readonly seconds: number;
}

export interface TrainOptions {
  readonly config: RunConfig;
  /** Holds the state of step `from`. */
  readonly engine: Engine;
  readonly dataset: Dataset;
  /** Steps already taken; 0 unless told. */
  readonly from?: number;
  /** Ends the generator after the step under way. */
  readonly signal?: AbortSignal;
  /** Has the engine say where a loss or gradient that is not finite comes from, where it can. */
  readonly locate?: boolean;
}

/** Training gave NaN or infinity: the message names the step and the noise level. */
export class DivergedError extends Error {
  override readonly name = "DivergedError";
  /** The step that failed, counting from 1. */
  readonly step: number;
  /** Noise level of the worst image, model units. */
  readonly sigma: number;

  private readonly what: string;
  private readonly known: readonly string[];

  /** @param known what else is known, in words */
  constructor(what: string, step: number, sigma: number, known: readonly string[] = []) {
    super([`${what} at step ${step}, worst at sigma ${sigma.toPrecision(4)}`, ...known].join("; "));
    this.what = what;
    this.step = step;
    this.sigma = sigma;
    this.known = known;
  }

  /** The same error, by one who knows more: where it arose, where the last good state is. */
  with(more: string): DivergedError {
    return new DivergedError(this.what, this.step, this.sigma, [...this.known, more]);
  }
}

/** The peak Adam rate of a run: the recipe's, or else the network's own. */
export const peakRate = ({ recipe, model }: Pick<RunConfig, "recipe" | "model">): number =>
  recipe.optimiser.rate ?? networks[model.network.name].rate;

/**
 * Trains from step `from` to the end of the run, yielding after every step. The numbers of a step depend on the
 * configuration, the engine's state and the step alone. While the engine works the next batch is made.
 * @throws DivergedError at a step whose loss or gradient is not finite
 */
export async function* train({
  config,
  engine,
  dataset,
  from = 0,
  signal,
  locate = false,
}: TrainOptions): AsyncGenerator<TrainingStep, void> {
  const batchAt = batchesOf(config, dataset);
  const peak = peakRate(config);
  let batch = batchAt(from);
  for (let step = from; step < config.steps; step++) {
    if (signal?.aborted === true) return;
    const began = performance.now();
    const { rate, emaDecay, clip } = hyperAt(step, config.steps, peak, config.recipe.optimiser);
    const { sigma } = batch;
    const working = engine.step(batch, { rate, emaDecay, clip });
    if (step + 1 < config.steps) batch = batchAt(step + 1);
    const { loss: lossByImage, gradNorm } = await working;
    const loss = lossByImage.reduce((a, b) => a + b, 0) / lossByImage.length;
    if (!Number.isFinite(loss) || !Number.isFinite(gradNorm)) {
      const what = Number.isFinite(loss) ? `the gradient's norm is ${gradNorm}` : `the loss is ${loss}`;
      const error = new DivergedError(what, step + 1, sigma[worstOf(lossByImage)]);
      if (!locate || engine.locate === undefined) throw error;
      throw error.with(
        `the first tensor that is not finite is ${whereText(await engine.locate(batchAt(step)))}`,
      );
    }
    const seconds = (performance.now() - began) / 1000;
    yield { step: step + 1, loss, lossByImage, sigma, gradNorm, rate, emaDecay, seconds };
  }
}

/** `in (parameter, [8, 2]), which holds NaN`. */
function whereText(found: NotFinite | undefined): string {
  if (found === undefined) return "in no image alone but in their sum";
  const { name, op, shape, value, after, sigma } = found;
  const layer = after === undefined ? "" : ` after ${after}`;
  const image = sigma === undefined ? "" : `, of the image at sigma ${sigma.toPrecision(4)}`;
  return `${name}${layer} (${op}, [${shape.join(", ")}]), which holds ${value}${image}`;
}

/** The index of the first value that is not a number, or else of the largest. */
function worstOf(values: Float64Array): number {
  const nan = values.findIndex((value) => Number.isNaN(value));
  return nan >= 0 ? nan : values.reduce((best, value, i) => (value > values[best] ? i : best), 0);
}
