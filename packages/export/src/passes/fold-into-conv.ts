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
  const inputs = [
    conv.inputs[0],
    draft.derive(
      weight,
      weight.data.map((w, i) => w * perChannel(Math.floor(i / fanIn))),
    ),
  ];
  if (bias !== undefined)
    inputs.push(
      draft.derive(
        bias,
        bias.data.map((b, i) => b * perChannel(i)),
      ),
    );
  draft.replace(node, { ...conv, inputs, outputs: node.outputs });
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
  const inputs = [...conv.inputs.slice(0, 2), biasFor(weight, bias, sum, draft)];
  draft.replace(node, { ...conv, inputs, outputs: node.outputs });
  return true;
};

/**
 * conv(x · c; W, b) → conv(x; W·c, b).
 * Requires: constant weights, no groups, c a number or one per input channel. The product stays for its other readers.
 */
export const foldFactorBefore: Rule = (node, draft) => {
  const found = termBefore("Mul", node, draft);
  if (found === undefined) return false;
  const { x, weight, perChannel, channelOf } = found;
  const folded = weight.data.map((w, i) => w * perChannel(channelOf(i)));
  draft.replace(node, { ...node, inputs: [x, draft.derive(weight, folded), ...node.inputs.slice(2)] });
  return true;
};

/**
 * conv(x + c; W, b) → conv(x; W, b + Σ W·c).
 * Requires: as {@link foldFactorBefore}, and no padding, whose zeros c would not reach.
 */
export const foldOffsetBefore: Rule = (node, draft) => {
  const found = termBefore("Add", node, draft);
  const pads = node.attributes.pads ?? [];
  const bias = draft.constant(node.inputs[2] ?? "");
  if (found === undefined || typeof pads !== "object" || pads.some((pad) => pad !== 0)) return false;
  if (node.inputs.length > 2 && bias === undefined) return false;
  const { x, weight, perChannel, channelOf } = found;
  const [filters] = weight.shape;
  const fanIn = weight.data.length / filters;
  const sum = Float64Array.from({ length: filters }, (_, o) => bias?.data[o] ?? 0);
  weight.data.forEach((w, i) => (sum[Math.floor(i / fanIn)] += w * perChannel(channelOf(i))));
  draft.replace(node, { ...node, inputs: [x, node.inputs[1], biasFor(weight, bias, sum, draft)] });
  return true;
};

/** A convolution and the constant that its result is combined with. */
interface After {
  readonly conv: Node;
  readonly weight: Constant;
  readonly bias: Constant | undefined;
  readonly perChannel: (channel: number) => number;
}

/** The convolution whose result `node` combines with a constant per output channel. */
function convBefore(op: "Mul" | "Add", node: Node, draft: Draft): After | undefined {
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

/** What a convolution's input is made of: x and a constant per channel. */
interface Before {
  readonly x: string;
  readonly weight: Constant;
  readonly perChannel: (channel: number) => number;
  /** The input channel of the weight's number `i`. */
  readonly channelOf: (i: number) => number;
}

/** The sum or product with a constant per input channel that a convolution reads. */
function termBefore(op: "Mul" | "Add", node: Node, draft: Draft): Before | undefined {
  if (node.op !== "Conv" || Number(node.attributes.group ?? 1) !== 1) return undefined;
  const term = draft.producer(node.inputs[0]);
  const weight = draft.constant(node.inputs[1]);
  const found = term?.op === op ? constantOperand(term, draft) : undefined;
  if (weight === undefined || found === undefined) return undefined;
  const x = found.other;
  if (draft.value(x).shape.join() !== draft.value(node.inputs[0]).shape.join()) return undefined;
  const [filters, channels] = weight.shape;
  const perChannel = channelValues(found.constant, channels);
  if (perChannel === undefined) return undefined;
  const kernel = weight.data.length / (filters * channels);
  return { x, weight, perChannel, channelOf: (i) => Math.floor(i / kernel) % channels };
}

/** The name of a convolution's new bias. */
function biasFor(weight: Constant, bias: Constant | undefined, data: Float64Array, draft: Draft): string {
  return bias === undefined
    ? draft.addConstant(biasName(weight.name), data, [data.length])
    : draft.derive(bias, data);
}

/** A constant [], [1, C, 1, 1] and the like as a function of the channel; undefined where it varies otherwise. */
function channelValues(
  { shape, data }: Constant,
  channels: number,
): ((channel: number) => number) | undefined {
  if (data.length === 1) return () => data[0];
  const axis = shape.length - 3; // channels are the third axis from the end of an image
  const only = data.length === channels && shape[axis] === channels;
  return only ? (channel) => data[channel] : undefined;
}

const biasName = (weight: string): string =>
  weight.endsWith(".weight") ? `${weight.slice(0, -"weight".length)}bias` : `${weight}.bias`;
