import { summarize, type RunConfig } from "@ncsn/core";
import { encodeModel } from "@ncsn/export";
import type { InferenceSession } from "onnxruntime-common";
import type { Gradients } from "./engine.ts";
import { firstNotFinite } from "./first-not-finite.ts";
import { openGradientSession, type Ort } from "./gradient-session.ts";
import { scoringGraph, trainingGraphs, type Lowering, type Training } from "./training-graph.ts";
import { weightsOf } from "./weights.ts";

/** What gradients come from. */
export interface OneSessionOptions {
  /** ONNX Runtime in whatever build. */
  readonly ort: Ort;
  readonly config: Pick<RunConfig, "model" | "shape" | "batch" | "recipe">;
  readonly session: InferenceSession.SessionOptions;
  /** For people. */
  readonly description: string;
}

/**
 * Gradients in this thread, by ONNX's standard operators, a whole batch at a time: for a page's worker.
 * @throws NotTrainableError where the network has no gradient
 */
export async function openOneSession(options: OneSessionOptions): Promise<Gradients> {
  const { ort, config, session, description } = options;
  const { model, shape, batch, recipe } = config;
  const training: Training = {
    model,
    shape,
    weights: weightsOf(model, shape, summarize(model, shape).parameters),
    matching: recipe.objective.matching,
  };
  const lowering: Lowering = { kind: "portable" };
  const { layout, body } = trainingGraphs(training, batch, lowering);
  const models = {
    layout: encodeModel(layout),
    body: encodeModel(body),
    scoring: encodeModel(scoringGraph(training)),
  };
  const open = await openGradientSession({ ort, models, batch, shape, session });
  return {
    ...open,
    description,
    locate: (weights, share) => firstNotFinite({ ort, training, lowering, session }, weights, share),
  };
}
