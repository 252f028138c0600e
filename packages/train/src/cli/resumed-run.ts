/** A resumed run is what it was started as: options that say otherwise are refused. */
import type { RunConfig } from "@ncsn/core";
import { classCount } from "../batches.ts";
import { flagsOf } from "./new-run.ts";
import { showOptions, typedOptions } from "./network-options.ts";
import { integer, positive } from "./option-values.ts";
import type { TrainArguments } from "./train-options.ts";
import { UsageError } from "./usage-error.ts";

type Value = string | number | boolean;

/** @throws UsageError for the first option that the run does not have */
export function checkSame(config: RunConfig, args: TrainArguments & Readonly<Record<string, unknown>>): void {
  const { name, recipe, model, dataset, batch, seed, steps, start } = config;
  if (args.minutes !== undefined || args.epochs !== undefined) {
    const option = args.minutes === undefined ? "epochs" : "minutes";
    throw new UsageError(`--${option} cannot be changed: run ${name} was started with ${steps} steps`);
  }
  if (args["auto-noise"] === true)
    throw new UsageError(`--auto-noise cannot be changed: run ${name} was started with its levels`);
  const number = (option: string, text: string | undefined) =>
    text === undefined ? undefined : integer(option, text, 0);
  const colour = args.grey === undefined ? args.colour : !args.grey;
  const typed = typedOptions(model.network.name, args.net ?? [], flagsOf(args));
  const options = model.network.options as Record<string, unknown>;
  const pairs: readonly (readonly [option: string, given: Value | undefined, has: Value | undefined])[] = [
    ["name", args.name, name],
    ["recipe", args.recipe, recipe.name],
    ["network", args.network, model.network.name],
    ["matching", args.matching, recipe.objective.matching ?? "denoising"],
    ["dataset", args.dataset, dataset.name],
    ["size", number("size", args.size), dataset.options.size ?? "its own"],
    ["colour", colour, dataset.options.colour ?? "its own"],
    ["conditional", args.conditional, classCount(model) > 0],
    ["from", args.from, start?.run ?? "the seed"],
    ["steps", number("steps", args.steps), steps],
    ["batch", number("batch", args.batch), batch],
    ["rate", args.rate === undefined ? undefined : positive("rate", args.rate), recipe.optimiser.rate],
    ["seed", number("seed", args.seed), seed],
    ...Object.keys(typed).map(
      (option) =>
        [
          "net",
          showOptions({ [option]: typed[option] }),
          showOptions({ [option]: options[option] }),
        ] as const,
    ),
  ];
  for (const [option, given, has] of pairs)
    if (given !== undefined && given !== has)
      throw new UsageError(
        `--${option} ${given} cannot be changed: run ${name} was started with ${String(has)}`,
      );
}
