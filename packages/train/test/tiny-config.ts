/** Configurations of runs that train in seconds on plain JavaScript. */
import {
  initialise,
  key,
  networks,
  proceduralDatasets,
  recipes,
  statistics,
  summarize,
  type Dataset,
  type NetworkName,
  type RunConfig,
} from "@ncsn/core";
import { dataKey } from "../src/batches.ts";
import type { Engine } from "../src/engine.ts";
import { openTfjsEngine } from "../src/tfjs/engine.ts";

export interface TinyOptions {
  readonly dataset: Dataset;
  readonly network: NetworkName;
  readonly options: object;
  readonly steps: number;
  readonly batch: number;
  readonly rate?: number;
  readonly seed?: number;
}

/** EDM's recipe on a data set. */
export function tinyConfig({
  dataset,
  network: name,
  options,
  steps,
  batch,
  rate,
  seed = 1,
}: TinyOptions): RunConfig {
  const network = { name, options: { ...networks[name].defaults, ...options } };
  const { mean, deviation } = statistics(dataset);
  const scale = recipes.edm.sigmaData / deviation;
  return {
    version: 1,
    name: "tiny",
    seed,
    recipe: {
      ...recipes.edm,
      network,
      optimiser: { ...recipes.edm.optimiser, rate: rate ?? networks[name].rate, warmup: 10 },
      batch,
      length: { steps },
    },
    model: { network, parameterization: "edm", sigmaData: recipes.edm.sigmaData },
    dataset: { name: dataset.name, size: dataset.size === Infinity ? null : dataset.size, options: {} },
    shape: dataset.shape,
    pixels: { scale, offset: -scale * mean },
    batch,
    steps,
  };
}

/** An engine in plain JavaScript at the start of a run. */
export const openEngine = ({ model, shape, seed, recipe }: RunConfig): Promise<Engine> =>
  openTfjsEngine({
    backend: "cpu",
    model,
    shape,
    parameters: initialise(summarize(model, shape).parameters, key(seed)),
    optimiser: recipe.optimiser,
  });

/** `count` images of size×size pixels that rise to the right or downwards, in two classes. */
export function ramps(count: number, size = 8): Dataset {
  return {
    name: "ramps",
    shape: [1, size, size],
    size: count,
    pixels: true,
    classes: ["right", "down"],
    read(index, out, offset) {
      const label = index % 2;
      for (let i = 0; i < size * size; i++) {
        const along = label === 0 ? i % size : Math.floor(i / size);
        out[offset + i] = ((along + 1) / size) * (0.5 + (index % 10) / 20);
      }
      return label;
    },
  };
}

/** The mixture of two Gaussians, as a run of a seed sees it. */
export const mixtureOf = (seed = 1): Dataset => proceduralDatasets.mixture(dataKey(seed));
