import type { NetworkName } from "../networks/index.ts";
import { tableSigmas, type NoiseTable } from "../noise-tables.ts";
import type { Objective } from "../objective.ts";
import type { ParameterizationName, ScoreModel } from "../parameterization.ts";
import type { BetaRange } from "../sdes.ts";
import type { NoiseLaw } from "../space.ts";
import type { ScheduleName } from "../schedules.ts";
import type { SamplerName } from "../samplers/index.ts";

/** Adam, its rate over a run, the clipping of gradients, and the moving average of the parameters. */
export interface OptimiserOptions {
  /** Peak Adam rate; without it the network's own. */
  readonly rate?: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Steps of linear warm-up. */
  readonly warmup: number;
  /** The rate falls linearly over the run, but not below this fraction of its peak; 1 keeps it. */
  readonly finalRate: number;
  /** Largest norm of the whole gradient; larger ones are scaled down to it. No limit unless told. */
  readonly clip?: number;
  /** Decay of the moving average of the parameters; warmed up as min(decay, (1 + n)/(10 + n)). */
  readonly emaDecay: number;
}

/** The sampler that suits a model, with the settings to use unless told. */
export interface SamplerChoice {
  readonly name: SamplerName;
  readonly steps: number;
  readonly options: object;
  /** A σ schedule other than the sampler's natural one. */
  readonly schedule?: ScheduleName;
  /** Lowest and highest σ, model units, where they are not the ends of the model's range. */
  readonly sigmaMin?: number;
  readonly sigmaMax?: number;
  /** Where x starts: σ₁·z unless told, or U[0, 1). */
  readonly prior?: NoiseLaw;
}

/** A paper's choices as plain data: everything that makes a training run beside the data set and the seed. */
export interface Recipe {
  readonly name: string;
  /** One line for lists, with the citation. */
  readonly paper: string;
  /**
   * Model units: `pixels` are the data's own [0, 1], `symmetric` pixels are in [−1, 1]; `standardised` data are centred
   * by their mean and scaled to a standard deviation of σ_data. Points have no pixels, and are always standardised.
   */
  readonly units: "pixels" | "symmetric" | "standardised";
  readonly sigmaData: number;
  readonly sigmaRange: readonly [sigmaMin: number, sigmaMax: number];
  /** The discrete levels that it trains on; without them σ is continuous. */
  readonly levels?: NoiseTable;
  /** β(t) of the noise process, for `vp` and `sub-vp`. */
  readonly betas?: BetaRange;
  readonly parameterization: ParameterizationName;
  readonly objective: Objective;
  readonly network: { readonly name: NetworkName; readonly options: object };
  readonly optimiser: OptimiserOptions;
  readonly batch: number;
  /** Length of a run that names none: epochs of a finite data set, or steps. */
  readonly length: { readonly epochs: number } | { readonly steps: number };
  readonly sampler: SamplerChoice;
}

/**
 * The score model of a recipe with a network of one's choice. One that tells `levels` apart and comes to a recipe
 * without a table gets that many in geometric progression over the range of σ.
 * @param network with every option
 */
export function scoreModel(
  { parameterization, sigmaData, sigmaRange, levels, betas }: Recipe,
  network: ScoreModel["network"],
): ScoreModel {
  const { levels: count = 0 } = network.options as { readonly levels?: number };
  const table: NoiseTable | undefined = levels ?? (count > 0 ? { name: "geometric", count } : undefined);
  return {
    network,
    parameterization,
    sigmaData,
    ...(table !== undefined && { sigmas: tableSigmas(table, sigmaRange) }),
    ...(betas !== undefined && { betas }),
  };
}

/**
 * A recipe with another number of levels in its geometric table, its sampler's steps with them where it visits each.
 * @throws RangeError where its table is not geometric: β make theirs
 */
export function withLevels(recipe: Recipe, count: number): Recipe {
  const { levels, sampler } = recipe;
  if (levels === undefined || levels.count === count) return recipe;
  if (levels.name !== "geometric")
    throw new RangeError(`invalid levels: ${count} (recipe ${recipe.name} has ${levels.count})`);
  return {
    ...recipe,
    levels: { ...levels, count },
    sampler: { ...sampler, steps: sampler.steps === levels.count ? count : sampler.steps },
  };
}
