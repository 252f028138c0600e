import { decodeModel } from "../decode.ts";
import { encodeModel } from "../encode.ts";
import { tape } from "../graph.ts";
import { lower } from "../lowering/index.ts";
import { portable } from "../lowering/portable.ts";
import { vjp } from "./reverse.ts";

/**
 * A model file with one input and one output more: `v`, of the score's shape, and `vjp` = vᵀ·∂score/∂x, of x's. The
 * likelihood of data needs it (Song et al. 2021, section 4.3: the divergence of a vector field by random v).
 * @param model bytes of a file made by `exportModel`; its metadata is kept
 * @throws TypeError where it has no input x or output score; NoGradientError where an operator has no gradient
 */
export function withVjp(model: Uint8Array): Uint8Array {
  const { graph, metadata } = decodeModel(model);
  const score = graph.outputs.find(({ name }) => name === "score");
  if (score === undefined) throw new TypeError(`the model ${graph.name} has no output score`);
  const recording = tape(graph.name, graph);
  const v = recording.input("v", score.type, score.shape);
  const [gradient] = vjp(recording, score, v, ["x"]).values();
  recording.output("vjp", gradient);
  return encodeModel(lower(recording.graph(), portable), Object.fromEntries(metadata));
}
