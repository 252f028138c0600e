/** Model files of half the size: their weights are float16, what they compute with is float32. */
import { cardKey, readCard, type Card } from "@ncsn/core";
import { decodeModel } from "./decode.ts";
import { encodeModel } from "./encode.ts";
import { graphProbe } from "./graph-score.ts";
import { halveWeights, leastNumbers } from "./passes/halve-weights.ts";

/**
 * A model file with its weights rounded to float16 (`halveWeights`). The card says so, and its probe is the rounded
 * model's own, worked out in float64: a runtime verifies the file that it was given, as closely as any other.
 * @param model bytes of a file made by `exportModel` or `guidedModel`
 * @param progress told after each score of the probe
 * @throws TypeError where its weights are float16 already, or all of them small; RangeError where one is beyond float16's range; CardError
 */
export function halfModel(model: Uint8Array, progress?: (done: number, total: number) => void): Uint8Array {
  const card = readCard(model);
  if (card.weights !== undefined)
    throw new TypeError(`the weights of ${card.name} are ${card.weights} already`);
  const { graph, metadata } = decodeModel(model);
  const half = halveWeights(graph);
  if (half.nodes.length === graph.nodes.length)
    throw new TypeError(
      `${card.name} has no weights of ${leastNumbers} numbers or more: there is nothing to halve`,
    );
  const halved: Card = { ...card, weights: "float16", probe: graphProbe(half, card, progress) };
  return encodeModel(half, { ...Object.fromEntries(metadata), [cardKey]: JSON.stringify(halved) });
}
