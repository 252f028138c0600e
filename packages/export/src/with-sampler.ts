/** The sampler that a model file names as its own. */
import { cardKey, readCard, type SamplerChoice } from "@ncsn/core";
import pkg from "onnx-proto";

const { onnx } = pkg; // onnx-proto is CommonJS

/**
 * A model file with another sampler in its card. The graph and the rest of the card stay as they are.
 * @param model bytes of a file made by `exportModel`, `guidedModel` or `halfModel`
 * @throws CardError where the file has no card
 */
export function withSampler(model: Uint8Array, sampler: SamplerChoice): Uint8Array {
  const card = JSON.stringify({ ...readCard(model), sampler });
  const file = onnx.ModelProto.decode(model); // not into a graph: what is not looked at cannot change
  for (const entry of file.metadataProps) if (entry.key === cardKey) entry.value = card;
  return onnx.ModelProto.encode(file).finish();
}
