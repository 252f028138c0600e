/** What `train` can be told. Numbers arrive as text, so that messages can repeat what was typed. */
import { matchings, networks, recipes } from "@ncsn/core";
import type { InferredOptionTypes, Options } from "yargs";
import { datasetNames, folderDefaults } from "../datasets/index.ts";
import { engines } from "./engines.ts";
import { defaultsOf, networkFlags, showOptions } from "./network-options.ts";

const data = "Data:";
const model = "Model:";
const length = "Training:";
const run = "Run:";

const names = (registry: object): string => Object.keys(registry).join(", ");
const text = (group: string, describe: string, defaultDescription?: string) =>
  ({ type: "string", requiresArg: true, group, describe, defaultDescription }) as const;
const flag = (group: string, describe: string) => ({ type: "boolean", group, describe }) as const;

export const trainOptions = {
  dataset: text(data, `one of ${datasetNames.join(", ")}`, "glyphs"),
  data: text(data, "folder with the files of the data set"),
  size: text(data, "height and width of the images of a folder", String(folderDefaults.size)),
  colour: flag(data, "read the images of a folder in colour (the default), or not: --no-colour"),
  grey: flag(data, "read the images of a folder in grey: --no-colour"),

  recipe: text(model, `one of ${names(recipes)}`, "edm"),
  network: text(model, `one of ${names(networks)}`, "the recipe's; mlp for points"),
  net: {
    type: "array",
    string: true,
    requiresArg: true,
    group: model,
    describe: "an option of the network, NAME=VALUE; may be repeated",
  },
  matching: text(
    model,
    `one of ${matchings.join(", ")}; sliced score matching needs the engine onnxruntime`,
    "the recipe's",
  ),
  conditional: flag(model, "tell the network the class of each image, hiding a tenth of them"),
  "auto-noise": flag(
    model,
    "with recipe ncsnv2 (then the default): choose the noise levels and the sampler's steps from the data",
  ),

  from: text(
    length,
    "start with what another run has learnt, where the networks agree (fine-tuning)",
    "nothing: from the seed",
  ),
  steps: text(length, "length of the run in steps", "the recipe's"),
  epochs: text(length, "length of the run in passes over the data (60,000 items where they have no end)"),
  minutes: text(length, "length of the run in minutes on this machine, measured at the start"),
  batch: text(length, "images a step", "the recipe's"),
  rate: text(length, "peak learning rate", "the recipe's, or else the network's"),
  seed: text(length, "an integer; runs with equal seeds and options are equal", "0"),
  engine: text(
    length,
    `one of auto (tfjs where its library for GPUs is, else onnxruntime), ${names(engines)}`,
    "auto; of a resumed run its own",
  ),
  backend: text(
    length,
    Object.entries(engines)
      .map(([name, { backends }]) => `for ${name} one of ${backends.join(", ")}`)
      .join("; "),
    "auto",
  ),

  name: text(run, "name of the run, a folder in runs/", "DATASET-RECIPE-N"),
  resume: { type: "string", group: run, describe: "continue a run bit for bit; without a name the newest" },
  "checkpoint-every": text(run, "seconds between checkpoints", "60"),
  "sample-every": text(run, "steps between pictures of samples", "a tenth of the run"),
  "debug-nan": flag(run, "where a loss is not finite, say which tensor was the first to be so"),
  "dry-run": flag(run, "say what would be done, with parameters, memory and time"),
} as const satisfies Record<string, Options>;

/** The options of `train` as yargs gives them, flags of networks apart. */
export type TrainArguments = Partial<InferredOptionTypes<typeof trainOptions>>;

/** A flag for every option of a network that the command has not itself. */
export const networkOptions: Readonly<Record<string, Options>> = Object.fromEntries(
  networkFlags
    .filter((name) => !Object.hasOwn(trainOptions, name))
    .map((name) => [dashed(name), text("Network options, as --net NAME=VALUE:", `of ${usersOf(name)}`)]),
);

function usersOf(option: string): string {
  return Object.entries(networks)
    .filter(([, { defaults }]) => Object.hasOwn(defaults, option))
    .map(([name]) => name)
    .join(", ");
}

function dashed(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** The registries, for the end of the help. */
export const registries = [
  "Recipes:",
  ...Object.values(recipes).map(({ name, paper }) => `  ${name.padEnd(11)} ${paper}`),
  "Networks:",
  ...Object.entries(networks).flatMap(([name, { summary }]) => [
    `  ${name.padEnd(11)} ${summary}`,
    `  ${"".padEnd(11)} ${showOptions(defaultsOf(name as keyof typeof networks))}`,
  ]),
].join("\n");
