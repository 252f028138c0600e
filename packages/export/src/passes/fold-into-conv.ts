/** Rules by which a convolution takes up constant factors and offsets around it: exact algebra, in float64. */
import type { Constant, Node } from "../graph.ts";
import { constantOperand } from "./combine-constants.ts";
import type { Draft, Rule } from "./draft.ts";

/**
 * conv(x; W, b) · c → conv(x; c·W, c·b).
 * Requires: constant weights, c a number or one per output channel, nothing else reads the convolution.
 */
export const foldFactorAfter: Rule = (node, draft) => {
  const found = convBefore("Mul", node, draft);
  if (found === undefined) return false;
  const { conv, weight, bias, perChannel } = found;
  const fanIn = weight.data.length / weight.shape[0];
  const inputs = [conv.inputs[0], draft.derive(weight, weight.data.map((w, i) => w * perChannel(Math.floor(i / fanIn))))];
  if (bias !== undefined) inputs.push(draft.derive(bias, bias.data.map((b, i) => b * perChannel(i))));
  draft.replace(node, { ...conv, inputs, outputs: node.outputs, name: conv.name });
  return true;
};

/**
 * conv(x; W, b) + c → conv(x; W, b + c).
 * Requires: as {@link foldFactorAfter}.
 */
export const foldOffsetAfter: Rule = (node, draft) => {
  const found = convBefore("Add", node, draft);
  if (found === undefined) return false;
  const { conv, weight, bias, perChannel } = found;
  const [filters] = weight.shape;
  const sum = Float64Array.from({ length: filters }, (_, i) => (bias?.data[i] ?? 0) + perChannel(i));
  const name = bias === undefined ? draft.addConstant(biasName(weight.name), sum, [filters]) : draft.derive(bias, sum);
  draft.replace(node, { ...conv, inputs: [conv.inputs[0], conv.inputs[1], name], outputs: node.outputs });
  return true;
};

/**
 * conv(x · c; W, b) → conv(x; W·c, b).
 * Requires: constant weights, no groups, c a number or one per input channel. The product stays for its other readers.
 */
export const foldFactorBefore: Rule = (node, draft) => {
  if (node.op !== "Conv") return false;
  const product = draft.producer(node.inputs[0]);
  const weight = draft.constant(node.inputs[1]);
  if (product?.op !== "Mul" || weight === undefined || Number(node.attributes.group ?? 1) !== 1) return false;
  const found = constantOperand(product, draft);
  if (found === undefined || draft.value(found.other).shape.join() !== draft.value(product.outputs[0]).shape.join())
    return false;
  const [, channels] = weight.shape;
  const perChannel = channelValues(found.constant, channels);
  if (perChannel === undefined) return false;
  const kernel = weight.data.length / (weight.shape[0] * channels);
  const folded = weight.data.map((w, i) => w * perChannel(Math.floor(i / kernel) % channels));
  draft.replace(node, { ...node, inputs: [found.other, draft.derive(weight, folded), ...node.inputs.slice(2)] });
  return true;
};

interface Found {
  readonly conv: Node;
  readonly weight: Constant;
  readonly bias: Constant | undefined;
  readonly perChannel: (channel: number) => number;
}

/** The convolution whose result `node` combines with a constant per output channel. */
function convBefore(op: "Mul" | "Add", node: Node, draft: Draft): Found | undefined {
  if (node.op !== op) return undefined;
  const found = constantOperand(node, draft);
  const conv = found === undefined ? undefined : draft.producer(found.other);
  if (found === undefined || conv?.op !== "Conv" || draft.uses(found.other) !== 1) return undefined;
  const weight = draft.constant(conv.inputs[1]);
  const bias = draft.constant(conv.inputs[2] ?? "");
  if (weight === undefined || (conv.inputs.length > 2 && bias === undefined)) return undefined;
  const perChannel = channelValues(found.constant, weight.shape[0]);
  return perChannel === undefined ? undefined : { conv, weight, bias, perChannel };
}

/** A constant [], [1, C, 1, 1] and the like as a function of the channel; undefined where it varies otherwise. */
function channelValues({ shape, data }: Constant, channels: number): ((channel: number) => number) | undefined {
  if (data.length === 1) return () => data[0];
  const axis = shape.length - 3; // channels are the third axis from the end of an image
  const only = data.length === channels && shape[axis] === channels;
  return only ? (channel) => data[channel] : undefined;
}

const biasName = (weight: string): string =>
  weight.endsWith(".weight") ? `${weight.slice(0, -"weight".length)}bias` : `${weight}.bias`;
