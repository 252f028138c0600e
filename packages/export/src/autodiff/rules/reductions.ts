/** Sums over axes. What was summed is repeated by the reverse pass, so the rules only bring dy to the right rank. */
import { ints } from "../../attributes.ts";
import { elementTypes } from "../../operators.ts";
import type { Value } from "../../value.ts";
import { sizes, type Rule, type RuleCall } from "../rule.ts";

/** y = Σx: dx = dy. */
export const ReduceSum: Rule = (call) => {
  const axes = call.numbers(1);
  return [() => kept(call, call.dy, axes)];
};

/** y = mean of x: dx = dy/n. */
export const ReduceMean: Rule = (call) => {
  const axes = ints(call.node.attributes, "axes");
  return [() => overCount(call, kept(call, call.dy, axes), axes)];
};

/** y = max x: dx = dy, shared evenly among the elements that equal the maximum. */
export const ReduceMax: Rule = (call) => {
  const { node, inputs, y, dy, op, int64 } = call;
  const [x] = inputs;
  const axes = ints(node.attributes, "axes");
  return [
    () => {
      const hits = op("Cast", [op("Equal", [x, kept(call, y, axes)])], { to: elementTypes.float32 });
      const number = op("ReduceSum", [hits, int64(axes)], { keepdims: 1 });
      return op("Mul", [hits, op("Div", [kept(call, dy, axes), number])]);
    },
  ];
};

/** y = ln Σx: dx = dy/Σx = dy·e^(−y). */
export const ReduceLogSum: Rule = (call) => {
  const { node, y, dy, op } = call;
  return [() => kept(call, op("Mul", [dy, op("Exp", [op("Neg", [y])])]), ints(node.attributes, "axes"))];
};

/** A reduced array with its axes as ones, as it broadcasts with x; a single number does that as it is. */
function kept({ inputs: [x], op, int64 }: RuleCall, reduced: Value, axes: readonly number[]): Value {
  const { shape } = reduced;
  if (shape.length === 0 || shape.length === x.shape.length) return reduced;
  return op("Reshape", [
    reduced,
    int64(sizes(x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size)))),
  ]);
}

/** dy/n, where n is the number of elements along the axes: of the batch it is counted when the graph runs. */
function overCount({ inputs: [x], op, int64 }: RuleCall, dy: Value, axes: readonly number[]): Value {
  const along = axes.map((axis) => x.shape[axis]);
  if (along.every((size) => typeof size === "number"))
    return op("Mul", [dy, 1 / along.reduce((a, b) => a * b, 1)]);
  const ones = op("Sub", [1, op("Cast", [op("Less", [x, x])], { to: elementTypes.float32 })]);
  return op("Div", [dy, op("ReduceSum", [ones, int64(axes)], { keepdims: 1 })]);
}
