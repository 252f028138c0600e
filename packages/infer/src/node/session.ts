import type { Card } from "@ncsn/core";
import type { DeviceName } from "../device.ts";
import { ModelError } from "../model.ts";
import { checkSignature, dimensionOf, firstLine, type Session } from "../workers/session.ts";
import { runtime } from "./runtime.ts";

/** Opens a network on a device. @throws ModelError where that fails or the network is not what its card says */
export async function openSession(
  model: Uint8Array,
  card: Card,
  device: DeviceName,
  threads: number,
): Promise<Session> {
  const ort = await runtime();
  const inference = await ort.InferenceSession.create(model, {
    executionProviders: device === "cpu" ? ["cpu"] : [device, "cpu"],
    graphOptimizationLevel: "all",
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
    extra: { session: { set_denormal_as_zero: "1" } },
  }).catch((error: unknown) => {
    throw new ModelError(`ONNX Runtime cannot open this network on ${device}: ${firstLine(error)}`);
  });
  return {
    Tensor: ort.Tensor,
    run: (feeds, fetches) => inference.run(feeds, fetches),
    card,
    dimension: dimensionOf(card),
    fixedBatch: checkSignature(inference, card),
    release: () => inference.release(),
  };
}
