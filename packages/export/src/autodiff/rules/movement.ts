/** Operators that move elements: the gradient moves them back. */
import { axisOf, ints } from "../../attributes.ts";
import { elementTypes, sliceEnd } from "../../operators.ts";
import type { Value } from "../../value.ts";
import { sizes, type Rule, type RuleCall } from "../rule.ts";
import { cut, uncut } from "./slices.ts";

/** y = x: dx = dy. */
export const Identity: Rule = ({ dy }) => [() => dy];

/** y = x between floats: dx = dy; anything else is constant almost everywhere. */
export const Cast: Rule = ({ node: { attributes }, inputs: [x], dy }) =>
  x.type === "float32" && attributes.to === elementTypes.float32 ? [() => dy] : [];

/** y = x in another shape: dx = dy in x's. */
export const Reshape: Rule = ({ inputs: [x], dy, op, int64 }) => [
  () => op("Reshape", [dy, int64(sizes(x.shape))]),
];

/** y = x repeated: dx = dy, which the reverse pass sums. */
export const Expand: Rule = ({ dy }) => [() => dy];

/** y = x with its axes in another order: dx = dy in the order that undoes it. */
export const Transpose: Rule = ({ node: { attributes }, dy, op }) => [
  () => {
    const perm = ints(attributes, "perm");
    return op("Transpose", [dy], { perm: perm.map((_, axis) => perm.indexOf(axis)) });
  },
];

/** y = a, then b, … along an axis: each takes its range of dy. */
export const Concat: Rule = (call) => {
  const { node, inputs, y, dy } = call;
  const axis = axisOf(node.attributes, y.shape.length, 0);
  let end = 0;
  return inputs.map((x) => {
    const start = end;
    end += Number(x.shape[axis]);
    const range = { axis, start, end, step: 1 };
    return () => cut(call, dy, range);
  });
};

/** y = a range of x on some axes: dx = dy there, and 0 elsewhere. */
export const Slice: Rule = (call) => {
  const { inputs, dy, numbers, refuse } = call;
  const [x] = inputs;
  const [starts, , axes] = [numbers(1), numbers(2), numbers(3)];
  const steps = inputs[4] === undefined ? axes.map(() => 1) : numbers(4);
  if (steps.some((step) => step < 0)) refuse(`steps ${steps.join(", ")} (need more than 0)`);
  return [
    () =>
      axes.reduce((sum, axis, i) => {
        const start = sliceEnd(starts[i], Number(x.shape[axis]), steps[i]);
        return uncut(call, sum, { axis, start, end: 0, step: steps[i] }, sum.shape.with(axis, x.shape[axis]));
      }, dy),
  ];
};

/** y = x among constants: dx = dy without them. */
export const Pad: Rule = (call) => {
  const { node, inputs, dy, numbers, refuse } = call;
  const [x, , value] = inputs;
  const { mode = "constant" } = node.attributes;
  if (mode !== "constant") refuse(`mode ${String(mode)} (need constant)`);
  const pads = numbers(1);
  if (pads.some((pad) => pad < 0)) refuse(`pads ${pads.join(", ")} (need 0 or more)`);
  if (value !== undefined) numbers(2);
  return [
    () =>
      x.shape.reduce<Value>((rest, size, axis) => {
        if (typeof size === "string") return rest;
        return cut(call, rest, { axis, start: pads[axis], end: pads[axis] + size, step: 1 });
      }, dy),
  ];
};

/** y = x[index] along an axis: dx = dy·[index = i], a product with the matrix of indices by positions. */
export const Gather: Rule = (call) => {
  const { node, inputs, dy, op, int64, refuse } = call;
  const [x, indices] = inputs;
  const rank = x.shape.length;
  const axis = axisOf(node.attributes, rank, 0);
  const size = x.shape[axis];
  if (typeof size === "string") return refuse(`it picks from the dimension ${size}, of unknown size`);
  const chosen = indices.shape.reduce<number | string>(
    (a, b) => (typeof a === "string" ? a : typeof b === "string" ? b : a * b),
    1,
  );
  /** With the axis at the end, or back from there. */
  const turn = (v: Value): Value => {
    const axes = x.shape.map((_, i) => i);
    return axis === rank - 1
      ? v
      : op("Transpose", [v], { perm: axes.with(axis, rank - 1).with(rank - 1, axis) });
  };
  return [
    () => {
      const rows = op("Reshape", [dy, int64(sizes(x.shape.with(axis, chosen)))]);
      return turn(op("MatMul", [turn(rows), oneHot(call, indices, size)]));
    },
  ];
};

/** [number of indices, size] with a 1 in each row, at its index; constant indices may count from the end. */
function oneHot({ op, constant, int64, known }: RuleCall, indices: Value, size: number): Value {
  const columns = Array.from({ length: size }, (_, i) => i);
  const rows = known(1)?.map((index) => (index < 0 ? index + size : index));
  if (rows === undefined) {
    // as floats, whose comparison every device has
    const index = op("Reshape", [op("Cast", [indices], { to: elementTypes.float32 }), int64([-1, 1])]);
    return op("Cast", [op("Equal", [index, constant(columns, [size])])], { to: elementTypes.float32 });
  }
  return constant(
    rows.flatMap((index) => columns.map((column) => Number(column === index))),
    [rows.length, size],
  );
}
