import type { Card } from "@ncsn/core";
import type { InferenceSession } from "onnxruntime-common";
import { DeviceError } from "../device.ts";
import { ModelError } from "../model.ts";
import { checkSignature, dimensionOf, firstLine, type Session } from "../workers/session.ts";
import type { Runtime } from "./runtime.ts";

/** A session, and ONNX Runtime's own for those who bind buffers to it. */
export interface WebSession extends Session {
  readonly inference: InferenceSession;
}

/**
 * Opens a network.
 * @throws DeviceError where ONNX Runtime does not start; ModelError where the network cannot be opened or is not what
 *   its card says
 */
export async function openSession(
  { ort, whyNot }: Runtime,
  model: Uint8Array,
  card: Card,
  options: InferenceSession.SessionOptions,
): Promise<WebSession> {
  const inference = await ort.InferenceSession.create(model, {
    graphOptimizationLevel: "all",
    logSeverityLevel: 3,
    extra: { session: { set_denormal_as_zero: "1" } },
    ...options,
  }).catch(async (error: unknown) => {
    const message = firstLine(error);
    if (/no available backend/.test(message)) throw new DeviceError(await whyNot(error));
    throw new ModelError(`ONNX Runtime cannot open this network: ${message}`);
  });
  return {
    inference,
    Tensor: ort.Tensor,
    // The web build leaves arrays that it is given for results alone and makes its own: one copy, nothing else new.
    async run(feeds, fetches) {
      const { score } = await inference.run(feeds);
      (fetches.score.data as Float32Array).set(score.data as Float32Array);
    },
    card,
    dimension: dimensionOf(card),
    fixedBatch: checkSignature(inference, card),
    release: () => inference.release(),
  };
}
