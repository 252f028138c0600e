/** From options to the configuration of a run: first what can be checked as typed, then what needs the data. */
import { totalmem } from "node:os";
import {
  matchings,
  networks,
  recipes,
  summarize,
  withLevels,
  type Dataset,
  type NetworkName,
  type Recipe,
  type RecipeName,
  type RunConfig,
} from "@ncsn/core";
import { dataKey } from "../batches.ts";
import { datasetNames, type DatasetRequest } from "../datasets/index.ts";
import { runConfig } from "../run-config.ts";
import { trainingMemory } from "./describe-run.ts";
import { defaultsOf, networkFlags, typedOptions } from "./network-options.ts";
import { integer, oneOf, positive } from "./option-values.ts";
import type { TrainArguments } from "./train-options.ts";
import { UsageError } from "./usage-error.ts";

/** How long a run is to be. */
export type Length = { readonly steps: number } | { readonly epochs: number } | { readonly minutes: number };

/** What was asked for, checked as far as it can be without the data. */
export interface Plan {
  readonly recipe: Recipe;
  readonly network: NetworkName | undefined;
  readonly seed: number;
  readonly batch: number;
  readonly rate: number | undefined;
  readonly length: Length;
  readonly conditional: boolean;
  /** The recipe's noise is fitted to the data before anything else. */
  readonly autoNoise: boolean;
  readonly data: DatasetRequest;
}

/** Items that count as an epoch of a set without end: as many as MNIST has. */
export const endlessEpoch = 60_000;

/** @throws UsageError */
export function planRun(args: TrainArguments): Plan {
  const autoNoise = args["auto-noise"] === true;
  const named: Recipe =
    recipes[
      oneOf("recipe", args.recipe ?? (autoNoise ? "ncsnv2" : "edm"), Object.keys(recipes) as RecipeName[])
    ];
  if (autoNoise && named !== recipes.ncsnv2)
    throw new UsageError(`invalid auto-noise: recipe ${named.name} has its own levels (need ncsnv2)`);
  const recipe = matchedBy(named, args.matching);
  const network =
    args.network === undefined
      ? undefined
      : oneOf("network", args.network, Object.keys(networks) as NetworkName[]);
  const seed = integer("seed", args.seed ?? "0", 0);
  return {
    recipe,
    network,
    seed,
    batch: args.batch === undefined ? recipe.batch : integer("batch", args.batch),
    rate: args.rate === undefined ? undefined : positive("rate", args.rate),
    length: lengthOf(args) ?? recipe.length,
    conditional: args.conditional === true,
    autoNoise,
    data: {
      name: oneOf("data set", args.dataset ?? "glyphs", datasetNames),
      split: "train",
      key: dataKey(seed),
      ...(args.data !== undefined && { data: args.data }),
      ...(args.size !== undefined && { size: integer("size", args.size) }),
      ...colourOf(args),
    },
  };
}

/** The recipe with another matching, where one was typed. */
function matchedBy(recipe: Recipe, typed: string | undefined): Recipe {
  if (typed === undefined) return recipe;
  return { ...recipe, objective: { ...recipe.objective, matching: oneOf("matching", typed, matchings) } };
}

function lengthOf({ steps, epochs, minutes }: TrainArguments): Length | undefined {
  const given = Object.entries({ steps, epochs, minutes }).filter(([, text]) => text !== undefined);
  if (given.length > 1)
    throw new UsageError(
      `${given.map(([name]) => `--${name}`).join(" and ")} exclude each other: give one of them`,
    );
  if (steps !== undefined) return { steps: integer("steps", steps) };
  if (epochs !== undefined) return { epochs: positive("epochs", epochs) };
  return minutes === undefined ? undefined : { minutes: positive("minutes", minutes) };
}

function colourOf({ colour, grey }: TrainArguments): { readonly colour?: boolean } {
  if (colour !== undefined && grey !== undefined)
    throw new UsageError("--colour and --grey exclude each other: give one of them");
  if (grey !== undefined) return { colour: !grey };
  return colour === undefined ? {} : { colour };
}

/**
 * The configuration of a planned run on its data. A length in minutes stands as one step until it has been measured.
 * @throws UsageError
 */
export function configure(
  plan: Plan,
  dataset: Dataset,
  name: string,
  args: TrainArguments & Readonly<Record<string, unknown>>,
): RunConfig {
  const { seed, batch, rate, data } = plan;
  const { shape, size } = dataset;
  const isPoints = shape[1] * shape[2] === 1;
  const networkName = plan.network ?? (isPoints ? "mlp" : plan.recipe.network.name);
  const typed = typedOptions(networkName, args.net ?? [], flagsOf(args));
  const recipe = levelled(plan.recipe, typed);
  const options = {
    ...defaultsOf(networkName),
    ...(networkName === recipe.network.name ? recipe.network.options : {}),
    ...levelOption(networkName, recipe),
    ...typed,
    ...(plan.conditional ? classOption(networkName, dataset) : {}),
  } as { readonly classes?: number };
  checkClasses(options.classes ?? 0, dataset);

  const { length } = plan;
  const steps =
    "steps" in length ? length.steps : "epochs" in length ? stepsOf(length.epochs, size, batch) : 1;
  const opened = Object.fromEntries(
    (["data", "size", "colour"] as const).flatMap((option) =>
      data[option] === undefined ? [] : [[option, data[option]]],
    ),
  );
  const network = { name: networkName, options };
  try {
    const config = runConfig({ name, recipe, network, dataset, opened, seed, batch, rate, steps });
    summarize(config.model, shape); // refuses, say, an image size that does not halve
    checkMemory(batch, trainingMemory(config));
    return config;
  } catch (error) {
    throw error instanceof RangeError ? new UsageError(error.message) : error;
  }
}

/** The same run with another number of steps. */
export const withSteps = (config: RunConfig, steps: number): RunConfig => ({
  ...config,
  recipe: { ...config.recipe, length: { steps } },
  steps,
});

/** The values of the networks' flags that were given. */
export function flagsOf(
  args: TrainArguments & Readonly<Record<string, unknown>>,
): Record<string, string | undefined> {
  return Object.fromEntries(
    networkFlags.map((option) => {
      const value = args[option];
      return [option, typeof value === "string" ? value : undefined];
    }),
  );
}

function stepsOf(epochs: number, size: number, batch: number): number {
  return Math.ceil((epochs * (size === Infinity ? endlessEpoch : size)) / batch);
}

/** The recipe with as many levels as were typed for its network. @throws UsageError where it has its own number */
function levelled(recipe: Recipe, { levels }: { readonly levels?: unknown }): Recipe {
  if (typeof levels !== "number") return recipe;
  try {
    return withLevels(recipe, levels);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** A network that tells levels apart has as many as the recipe. */
function levelOption(network: NetworkName, { levels }: Recipe): { readonly levels?: number } {
  return levels !== undefined && Object.hasOwn(defaultsOf(network), "levels") ? { levels: levels.count } : {};
}

function classOption(network: NetworkName, { name, classes }: Dataset): { readonly classes: number } {
  if (classes === undefined) throw new UsageError(`invalid conditional: ${name} has no classes`);
  if (!Object.hasOwn(defaultsOf(network), "classes"))
    throw new UsageError(`invalid conditional: network ${network} takes no classes`);
  return { classes: classes.length };
}

function checkClasses(count: number, { name, classes = [] }: Dataset): void {
  if (count > 0 && count !== classes.length)
    throw new UsageError(
      `invalid classes: ${count} (${name} has ${classes.length === 0 ? "none" : classes.length})`,
    );
}

/** @throws UsageError where a step takes more than the machine's memory */
function checkMemory(batch: number, bytes: number): void {
  if (bytes <= totalmem()) return;
  const [need, have] = [bytes, totalmem()].map((size) => `${(size / 1e9).toFixed(1)} GB`);
  throw new UsageError(
    `invalid batch: ${batch} (training takes about ${need} of memory, this machine has ${have})`,
  );
}

/** How to open the data of a run again. */
export const dataOf = ({ seed, dataset }: RunConfig, data?: string): DatasetRequest => ({
  ...(dataset.options as Pick<DatasetRequest, "size" | "colour" | "data">),
  ...(data !== undefined && { data }),
  name: dataset.name,
  split: "train",
  key: dataKey(seed),
});
