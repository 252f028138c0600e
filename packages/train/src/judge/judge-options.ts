/** What `judge` can be told. Numbers arrive as text, so that messages can repeat what was typed. */
import { classifier } from "@ncsn/core";
import type { InferredOptionTypes, Options } from "yargs";
import { datasetNames } from "../datasets/index.ts";

const data = "Data:";
const network = "Network:";
const length = "Training:";
const text = (group: string, describe: string, defaultDescription?: string) =>
  ({ type: "string", requiresArg: true, group, describe, defaultDescription }) as const;

/** What is not told. */
export const judgeDefaults = { epochs: 8, batch: 64, shift: 1, seed: 0 } as const;

export const judgeOptions = {
  dataset: text(data, `a set of images with classes, of ${datasetNames.join(", ")}`, "glyphs"),
  data: text(data, "folder with the files of the data set"),
  size: text(data, "height and width of the images of a folder"),
  shift: text(
    data,
    "move each image by up to so many pixels along each axis while training",
    String(judgeDefaults.shift),
  ),
  width: text(network, "number of features", String(classifier.defaults.width)),
  channels: text(
    network,
    "channels of the convolutions with commas between them, the last for all further",
    String(classifier.defaults.channels),
  ),
  steps: text(length, "length of the training in steps"),
  epochs: text(
    length,
    "length of the training in passes over the data (60,000 items where they have no end)",
    String(judgeDefaults.epochs),
  ),
  batch: text(length, "images a step", String(judgeDefaults.batch)),
  rate: text(length, "peak learning rate", String(classifier.rate)),
  seed: text(
    length,
    "an integer; equal commands make equal files on one machine",
    String(judgeDefaults.seed),
  ),
  out: text(length, "the file to write", "models/judge-DATASET.onnx"),
  "dry-run": { type: "boolean", group: length, describe: "say what would be done, with parameters and time" },
} as const satisfies Record<string, Options>;

/** The options of `judge` as yargs gives them. */
export type JudgeArguments = Partial<InferredOptionTypes<typeof judgeOptions>>;
