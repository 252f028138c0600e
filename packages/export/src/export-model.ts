/** Trained models as ONNX files. */
import {
  applyScore,
  cardKey,
  classCount,
  type Card,
  type Probe,
  type RunConfig,
  type Tensor,
  type TrainingFacts,
} from "@ncsn/core";
import { initialiserBinder, type Binder } from "./binder.ts";
import { encodeModel } from "./encode.ts";
import { tape, type Graph } from "./graph.ts";
import { onnxNn } from "./onnx-nn.ts";
import { simplify } from "./passes/index.ts";
import type { Dimension } from "./value.ts";

/** What of a run's configuration makes the score function. */
export type ScoreConfig = Pick<RunConfig, "name" | "model" | "shape"> & {
  readonly recipe: Pick<RunConfig["recipe"], "sigmaRange">;
};

/** What a file is made of. */
export interface ExportOptions {
  readonly config: RunConfig;
  /** Steps that the parameters were trained for. */
  readonly step: number;
  /** By name, in canonical shape: the moving average of training, as a rule. */
  readonly parameters: ReadonlyMap<string, Tensor>;
  readonly probe: Probe;
  /** Who trained them and for how long, where that is known. */
  readonly trained?: Pick<TrainingFacts, "engine" | "seconds">;
  /** Number of images of a file for one batch size only; any number unless told. */
  readonly batch?: number;
}

/**
 * The bytes of an ONNX file: inputs x float32 [batch, C, H, W], sigma float32 [batch] and, for models with classes,
 * label int32 [batch]; output score float32 [batch, C, H, W]; model units throughout; the card in its metadata.
 * @throws TypeError where parameters are missing or do not fit the network
 */
export function exportModel({ config, step, parameters, probe, trained, batch }: ExportOptions): Uint8Array {
  const graph = simplify(scoreGraph(config, initialiserBinder(parameters), batch));
  return encodeModel(graph, { [cardKey]: JSON.stringify(makeCard(config, step, probe, trained)) });
}

/**
 * The graph of a score function, before any simplification. σ is clamped to the trained range, so that the graph is
 * finite for every input.
 * @param batch a number of images, or "batch" for any
 */
export function scoreGraph(config: ScoreConfig, bind: Binder, batch: Dimension = "batch"): Graph {
  const recording = tape(config.name);
  const x = recording.input("x", "float32", [batch, ...config.shape]);
  const sigma = recording.input("sigma", "float32", [batch]);
  const label = classCount(config.model) > 0 ? recording.input("label", "int32", [batch]) : undefined;
  // A vector of the vocabulary is an image of one pixel.
  const pixel = recording.constant([-1, 1, 1, 1], undefined, { type: "int64" });
  const [low, high] = config.recipe.sigmaRange;
  const level = recording.op("Reshape", [recording.op("Clip", [sigma, low, high]), pixel]);
  const classes = label && recording.op("Reshape", [label, pixel]);
  const score = applyScore(onnxNn(recording, bind), config.model, x, level, classes);
  recording.output("score", score);
  return recording.graph();
}

/** What a sampler must know about the model of a run after `step` steps. */
export function makeCard(
  config: RunConfig,
  step: number,
  probe: Probe,
  trained: ExportOptions["trained"] = {},
): Card {
  const { name, shape, pixels, classes, recipe, model, dataset, batch, seed, steps, start } = config;
  const labels = classCount(model); // a data set's classes may go unused
  return {
    version: 1,
    name,
    shape,
    pixels,
    sigmaData: recipe.sigmaData,
    sigmaRange: recipe.sigmaRange,
    ...(model.sigmas !== undefined && { sigmas: model.sigmas }),
    sampler: recipe.sampler,
    ...(labels > 0 && { classes: classes ?? Array.from({ length: labels }, (_, i) => String(i)) }),
    recipe: { ...recipe, network: model.network },
    training: {
      dataset: dataset.name,
      step,
      steps,
      batch,
      images: step * batch,
      seed,
      ...(start && { start }),
      ...trained,
    },
    probe,
  };
}
