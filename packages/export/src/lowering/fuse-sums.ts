import type { Graph } from "../graph.ts";
import { rewrite, type Rule } from "../passes/draft.ts";

/**
 * A sum with a blocked convolution that nothing else reads becomes the convolution's own: one pass over the image less.
 * Requires: a graph of `toBlocked`. Ensures: the same outputs.
 */
export const fuseSums = (graph: Graph): Graph => rewrite(graph, [intoConvolution]);

const intoConvolution: Rule = (node, draft) => {
  if (node.op !== "Add") return false;
  const shape = draft.value(node.outputs[0]).shape.join();
  if (node.inputs.some((name) => draft.value(name).shape.join() !== shape)) return false;
  const [a, b] = node.inputs;
  for (const [name, other] of [
    [a, b],
    [b, a],
  ]) {
    const conv = draft.producer(name);
    if (conv?.op !== "BlockedConv" || conv.inputs.length > 2 || draft.uses(name) > 1 || name === other)
      continue;
    draft.replace(node, {
      ...node,
      op: "BlockedConv",
      inputs: [...conv.inputs, "", other],
      attributes: conv.attributes,
    });
    return true;
  }
  return false;
};
