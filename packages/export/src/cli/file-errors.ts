/** A file in ONNX Runtime beside what its scores should be. */
import { setImmediate } from "node:timers/promises";
import { key as keyOf, purposes, split, type Card } from "@ncsn/core";
import { load, type Model } from "@ncsn/infer/node";
import { graphScore } from "../graph-score.ts";
import type { Graph } from "../graph.ts";
import { cardCheckPoints, relativeError, type CheckPoints } from "../verify.ts";
import { checkingProgress } from "./progress.ts";
import { demand, worse, type Errors } from "./verification.ts";

/** How a file that is made of files is checked. */
export interface FileCheck {
  /** Noise levels to compare scores at; as many as take a few seconds unless told. */
  readonly check: number | undefined;
  /** Of the images to compare scores of; that of the training unless told. */
  readonly seed: number | undefined;
}

/** The images to compare scores of. */
export const filePoints = (card: Card, count: number, seed: FileCheck["seed"]): CheckPoints =>
  cardCheckPoints(card, count, split(keyOf(seed ?? card.training.seed ?? 0), purposes.probe));

/** Opens a file, whatever its probe says. */
export const opened = (source: string | Uint8Array): Promise<Model> =>
  load(source, { device: "cpu", verify: false });

/** What a model says of check points. */
export const scoresOf = (model: Model, { x, sigma, label }: CheckPoints): Promise<Float32Array> =>
  model.score(x, sigma, label && { label: Array.from(label) });

/** @param expected the score of check point `i`, in float64 */
export async function fileErrors(
  model: Model,
  points: CheckPoints,
  expected: (i: number) => Float64Array,
): Promise<Errors> {
  const actual = await scoresOf(model, points);
  const dimension = actual.length / points.count;
  const progress = checkingProgress(points.count);
  let reference = 0;
  try {
    for (let i = 0; i < points.count; i++) {
      const own = actual.subarray(i * dimension, (i + 1) * dimension);
      reference = worse(reference, relativeError(expected(i), own));
      progress.update(i + 1);
      await setImmediate(); // lets Ctrl-C through
    }
  } finally {
    progress.stop();
  }
  return { reference, probe: await model.verify() };
}

/**
 * A file beside its own graph in float64, and its probe.
 * @param target what it is to be called in a message
 * @throws VerificationError where ONNX Runtime computes something else
 */
export async function ownErrors(
  target: string,
  model: Model,
  graph: Graph,
  points: CheckPoints,
): Promise<Errors> {
  const errors = await fileErrors(model, points, (i) => graphScore(graph, points, i, model.card.shape));
  demand(target, errors, "its own probe");
  return errors;
}
