/** The command that makes a run again: what {@link configure} makes of it is the run's configuration, name aside. */
import { recipes, type Checkpoint, type Recipe, type RunConfig } from "@ncsn/core";
import { classCount } from "../batches.ts";
import { defaultsOf, showOptions } from "./network-options.ts";
import { shellWord } from "./shell-word.ts";

/**
 * The command, with every choice in it that is not the recipe's or the network's own.
 * @param trainedOn the engine, where it is known
 * @returns undefined for a recipe that no command names
 */
export function repeatCommand(config: RunConfig, trainedOn?: Checkpoint["trainedOn"]): string | undefined {
  const { recipe, model, dataset, batch, steps, seed, start } = config;
  const own: Recipe | undefined = Object.values<Recipe>(recipes).find(({ name }) => name === recipe.name);
  if (own === undefined) return undefined;
  const { colour, ...opened } = dataset.options;
  const fitted = String(recipe.sigmaRange) !== String(own.sigmaRange); // by --auto-noise
  const matching = recipe.objective.matching ?? "denoising";
  const words: (readonly string[])[] = [
    ["--dataset", dataset.name],
    ...Object.entries(opened).map(([option, value]) => [`--${option}`, String(value)]),
    colour === undefined ? [] : [colour === true ? "--colour" : "--no-colour"],
    ["--recipe", recipe.name],
    fitted ? ["--auto-noise"] : [],
    matching === (own.objective.matching ?? "denoising") ? [] : ["--matching", matching],
    ["--network", model.network.name],
    ...changedOptions(model.network, own, fitted).map((option) => ["--net", option]),
    classCount(model) > 0 ? ["--conditional"] : [],
    start === undefined ? [] : ["--from", start.run],
    ["--steps", String(steps), "--batch", String(batch)],
    recipe.optimiser.rate === undefined ? [] : ["--rate", String(recipe.optimiser.rate)],
    ["--seed", String(seed)],
    trainedOn === undefined ? [] : ["--engine", trainedOn.engine, "--backend", trainedOn.backend],
  ];
  return ["pnpm train", ...words.flat().map(shellWord)].join(" ");
}

/** `NAME=VALUE` of the options that a network of this recipe would not have anyway. */
function changedOptions(network: RunConfig["model"]["network"], recipe: Recipe, fitted: boolean): string[] {
  const own: Readonly<Record<string, unknown>> = {
    ...defaultsOf(network.name),
    ...(network.name === recipe.network.name ? recipe.network.options : {}),
    ...(recipe.levels === undefined ? {} : { levels: recipe.levels.count }),
  };
  return Object.entries(network.options as Readonly<Record<string, number | readonly number[]>>).flatMap(
    ([option, value]) => {
      if (option === "classes" || (option === "levels" && fitted)) return [];
      if (showOptions({ [option]: own[option] ?? [] }) === showOptions({ [option]: value })) return [];
      return [`${option}=${String(value)}`];
    },
  );
}
