/**
 * The card of a judge: all that is to be known of a classifier that judges samples, as JSON in the ONNX file's
 * `metadata_props["ncsn-judge"]`.
 */
import { isNames, isNumbers, isObject, isSize, parseChecked, type Requirements } from "./checked-card.ts";
import type { ClassifierOptions } from "./classifier.ts";
import { CardError, readMetadata } from "./metadata.ts";

/** The key of a judge's card among an ONNX file's `metadata_props`. */
export const judgeCardKey = "ncsn-judge";

/** Version 1 of a judge's card. */
export interface JudgeCard {
  readonly version: 1;
  readonly name: string;
  /** Of the images that it judges, in pixels from 0 to 1. */
  readonly shape: readonly [channels: number, height: number, width: number];
  /** The names of the classes, in the order of the logits. */
  readonly classes: readonly string[];
  /** Number of features. */
  readonly width: number;
  /** What it was trained and tested on; null is the size of an endless set. */
  readonly dataset: { readonly name: string; readonly train: number | null; readonly test: number };
  /** What it says of the test images, measured on this file in ONNX Runtime. */
  readonly test: {
    /** Share of the test images whose class it names. */
    readonly accuracy: number;
    /** Number of the others. */
    readonly errors: number;
    /** Mean of −ln of the probability of the true class. */
    readonly crossEntropy: number;
  };
  /** The classifier of `@ncsn/core` that it is. */
  readonly network: Readonly<ClassifierOptions>;
  readonly training: JudgeTraining;
}

/** How a judge was trained: with the data and the network enough to do it again. */
export interface JudgeTraining {
  readonly steps: number;
  readonly batch: number;
  /** Peak Adam rate. */
  readonly rate: number;
  readonly seed: number;
  /** Images are moved by up to so many pixels along each axis, zeros coming in. */
  readonly shift: number;
}

/** Reads the card of a judge. @throws CardError where the bytes are not a judge */
export function readJudgeCard(model: Uint8Array): JudgeCard {
  const json = readMetadata(model, judgeCardKey);
  if (json === undefined)
    throw new CardError(
      `not a judge: no metadata_props["${judgeCardKey}"] in this ONNX file (pnpm judge makes one)`,
    );
  return parseChecked(json, "judge's card", requirements) as unknown as JudgeCard;
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

/** What judging computes with and reports show. */
const requirements: Requirements = {
  name: [(name) => typeof name === "string", "a string"],
  shape: [isSize, "three integers >= 1"],
  classes: [(classes) => isNames(classes) && classes.length >= 2, "a list of two names or more"],
  width: [(width) => isCount(width) && width !== 0, "an integer >= 1"],
  dataset: [
    (dataset) =>
      isObject(dataset) &&
      typeof dataset.name === "string" &&
      (dataset.train === null || isCount(dataset.train)) &&
      isCount(dataset.test),
    "a name and the numbers of images train and test",
  ],
  test: [
    (test) => isObject(test) && isNumbers([test.accuracy, test.errors, test.crossEntropy], 3),
    "numbers accuracy, errors and crossEntropy",
  ],
  network: [(network) => isObject(network) && isNumbers(network.channels), "the classifier's options"],
  training: [isObject, "steps, batch, rate, seed and shift"],
};
