import type { RunConfig } from "@ncsn/core";
import { encodeModel } from "@ncsn/export";
import type { InferenceSession } from "onnxruntime-common";
import type { Gradients } from "./learner.ts";
import { firstNotFinite } from "./first-not-finite.ts";
import { openGradientSession, type Ort } from "./gradient-session.ts";
import { scoreTraining } from "./score-training.ts";
import { networkGraph, trainingGraphs, type Lowering } from "./training-graph.ts";

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
  const training = scoreTraining({ model, shape, matching: recipe.objective.matching });
  const lowering: Lowering = { kind: "portable" };
  const { layout, body } = trainingGraphs(training, batch, lowering);
  const models = {
    layout: encodeModel(layout),
    body: encodeModel(body),
    network: encodeModel(networkGraph(training)),
  };
  const open = await openGradientSession({ ort, models, inputs: training.inputs, batch, session });
  return {
    ...open,
    description,
    locate: (weights, share) => firstNotFinite({ ort, training, lowering, session }, weights, share),
  };
}
