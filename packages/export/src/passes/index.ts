/** What a graph goes through before it is written. A new rule is a function beside these and a name in the list. */
import type { Graph } from "../graph.ts";
import { evaluateConstants, mergeConstants, moveFactorToConv, removeNeutral } from "./combine-constants.ts";
import { rewrite, type Rule } from "./draft.ts";
import { foldFactorAfter, foldFactorBefore, foldOffsetAfter, foldOffsetBefore } from "./fold-into-conv.ts";
import { nameOutputs } from "./name-outputs.ts";
import { removeDead } from "./remove-dead.ts";

const rules: readonly Rule[] = [
  removeNeutral,
  evaluateConstants,
  mergeConstants,
  foldFactorAfter,
  foldOffsetAfter,
  foldFactorBefore,
  foldOffsetBefore,
  moveFactorToConv,
];

/**
 * Folds constants into one another and into convolutions, and drops what nothing needs.
 * Ensures: the same outputs up to float32's rounding, of which there is less; opset, inputs and names of outputs stay.
 */
export function simplify(graph: Graph): Graph {
  return nameOutputs(removeDead(rewrite(graph, rules)));
}

export { halveWeights } from "./halve-weights.ts";
export { nameOutputs } from "./name-outputs.ts";
export { removeDead } from "./remove-dead.ts";
export { splitByData, type Split } from "./split-by-data.ts";
