/** Means and maxima of windows. */
import { geometryOf } from "../../attributes.ts";
import type { Value } from "../../value.ts";
import type { Rule, RuleCall } from "../rule.ts";
import { nearest } from "./resize.ts";
import { cut, uncut } from "./slices.ts";

/**
 * y = mean of each k×k block: dx = dy/k², repeated k×k. Windows may not overlap, nor reach over the border, but for one
 * kind: a mean of windows around every pixel, with zeros beyond the border, is a symmetric matrix and its own gradient.
 */
export const AveragePool: Rule = ({
  node: { attributes },
  inputs: [x],
  y,
  dy,
  op,
  constant,
  int64,
  refuse,
}) => {
  const { kernel, strides, pads } = geometryOf(attributes);
  const centred = pads.every((pad, i) => 2 * pad + 1 === kernel[i % 2]);
  if (centred && strides.join() === "1,1" && attributes.count_include_pad === 1)
    return [() => op("AveragePool", [dy], attributes)];
  if (kernel.join() !== strides.join())
    refuse(`windows of ${kernel.join("x")} with strides ${strides.join(", ")} (need the same)`);
  if (pads.some((pad) => pad !== 0)) refuse(`pads ${pads.join(", ")} (need 0)`);
  return [
    () => {
      const share = op("Mul", [dy, 1 / (kernel[0] * kernel[1])]);
      const dx = op("Resize", [share, undefined, constant([1, 1, ...kernel], [4])], nearest);
      // pixels at the end that fill no window
      const rest = [2, 3].map((axis) => Number(x.shape[axis]) - Number(y.shape[axis]) * kernel[axis - 2]);
      return rest.every((size) => size === 0) ? dx : op("Pad", [dx, int64([0, 0, 0, 0, 0, 0, ...rest])]);
    },
  ];
};

/** y = mean over all pixels: dx = dy/(H·W). */
export const GlobalAveragePool: Rule = ({ inputs: [x], dy, op }) => [
  () => op("Mul", [dy, 1 / (Number(x.shape[2]) * Number(x.shape[3]))]),
];

/**
 * y = maximum of each window: dx gives dy to the first pixel that equals the maximum, in reading order, as PyTorch and
 * TensorFlow do. The maximum of a window is that of its rows' maxima, so rows and columns are differentiated in turn.
 */
export const MaxPool: Rule = (call) => {
  const { node, inputs, y, dy, op } = call;
  const [x] = inputs;
  const { kernel, strides, pads } = geometryOf(node.attributes);
  const window = (axis: number): Window => {
    const i = axis - 2;
    return { axis, size: kernel[i], stride: strides[i], pads: [pads[i], pads[i + 2]] };
  };
  return [
    () => {
      const across = {
        kernel_shape: [1, kernel[1]],
        strides: [1, strides[1]],
        pads: [0, pads[1], 0, pads[3]],
      };
      const rows = isWhole(window(3)) ? x : op("MaxPool", [x], across);
      return maximumGradient(call, x, rows, maximumGradient(call, rows, y, dy, window(2)), window(3));
    },
  ];
};

interface Window {
  readonly axis: number;
  readonly size: number;
  readonly stride: number;
  readonly pads: readonly [before: number, after: number];
}

/** Whether every pixel is its own window. */
const isWhole = ({ size, stride }: Window): boolean => size === 1 && stride === 1;

/** float32's lowest number, which never exceeds a pixel and, other than −∞, makes no NaN. */
const lowest = -3.4028234663852886e38;

/**
 * The gradient of x ↦ y, the maximum of windows along one axis: for each place in the window, dy where x equals y there
 * and did not at an earlier place.
 */
function maximumGradient(call: RuleCall, x: Value, y: Value, dy: Value, window: Window): Value {
  if (isWhole(window)) return dy;
  const { axis, size, stride, pads } = window;
  const { op, int64 } = call;
  const [before, after] = pads;
  const around = x.shape.map((_, i) => (i === axis ? before : 0));
  const padded =
    before + after === 0
      ? x
      : op("Pad", [x, int64([...around, ...x.shape.map((_, i) => (i === axis ? after : 0))]), lowest]);
  const span = (Number(y.shape[axis]) - 1) * stride + 1;

  let left = dy;
  let total: Value | undefined;
  for (let place = 0; place < size; place++) {
    const range = { axis, start: place, end: place + span, step: stride };
    const hit = op("Equal", [cut(call, padded, range), y]);
    const share = uncut(call, op("Where", [hit, left, 0]), range, padded.shape);
    total = total === undefined ? share : op("Add", [total, share]);
    if (place < size - 1) left = op("Where", [hit, 0, left]);
  }
  const end = before + Number(x.shape[axis]);
  return before + after === 0
    ? (total as Value)
    : cut(call, total as Value, { axis, start: before, end, step: 1 });
}
