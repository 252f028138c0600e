/** Judges as ONNX files. */
import { classifier, judgeCardKey, type JudgeCard, type Tensor } from "@ncsn/core";
import { initialiserBinder } from "./binder.ts";
import { encodeModel } from "./encode.ts";
import { tape } from "./graph.ts";
import { onnxNn } from "./onnx-nn.ts";
import { simplify } from "./passes/index.ts";

/**
 * The bytes of a judge's file: input x float32 [batch, C, H, W] in pixels from 0 to 1; outputs features float32
 * [batch, width] and logits float32 [batch, classes]; the card in its metadata.
 * @param parameters by name, in canonical shape
 * @throws TypeError where parameters are missing or do not fit the network
 */
export function exportJudge(card: JudgeCard, parameters: ReadonlyMap<string, Tensor>): Uint8Array {
  const recording = tape(card.name);
  const x = recording.input("x", "float32", ["batch", ...card.shape]);
  const said = classifier.apply(onnxNn(recording, initialiserBinder(parameters)), x, card.network);
  for (const [name, vector, width] of [
    ["features", said.features, card.network.width],
    ["logits", said.logits, card.network.classes],
  ] as const) {
    const rows = recording.constant([-1, width], undefined, { type: "int64" });
    recording.output(name, recording.op("Reshape", [vector, rows]));
  }
  return encodeModel(simplify(recording.graph()), { [judgeCardKey]: JSON.stringify(card) });
}
