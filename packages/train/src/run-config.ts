import type { Dataset, NetworkName, Recipe, RunConfig } from "@ncsn/core";
import { networks, scoreModel } from "@ncsn/core";
import { modelUnits } from "./model-units.ts";

/** What makes a run, with every choice made. */
export interface RunChoices {
  readonly name: string;
  readonly recipe: Recipe;
  /** The network with all of its options. */
  readonly network: { readonly name: NetworkName; readonly options: object };
  readonly dataset: Dataset;
  /** What the data set was opened with beside its name. */
  readonly opened?: RunConfig["dataset"]["options"];
  readonly seed: number;
  readonly batch: number;
  /** Peak Adam rate; the recipe's or the network's unless told. */
  readonly rate?: number;
  readonly steps: number;
}

/**
 * The configuration of a run on its data.
 * @throws RangeError for data that the recipe's units do not fit
 */
export function runConfig(choices: RunChoices): RunConfig {
  const { name, recipe, network, dataset, opened = {}, seed, batch, rate, steps } = choices;
  const { classes = 0 } = network.options as { readonly classes?: number };
  return {
    version: 1,
    name,
    seed,
    recipe: {
      ...recipe,
      network,
      optimiser: { ...recipe.optimiser, rate: rate ?? recipe.optimiser.rate ?? networks[network.name].rate },
      batch,
      length: { steps },
    },
    model: scoreModel(recipe, network),
    dataset: { name: dataset.name, size: dataset.size === Infinity ? null : dataset.size, options: opened },
    shape: dataset.shape,
    ...(classes > 0 && { classes: dataset.classes }),
    pixels: modelUnits(recipe, dataset),
    batch,
    steps,
  };
}
