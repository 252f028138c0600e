/** Interpolation of images, linear in the image: the gradient is the transpose. */
import { between } from "@ncsn/core";
import type { Attributes } from "../../operators.ts";
import type { Value } from "../../value.ts";
import type { Rule, RuleCall } from "../rule.ts";

/** Attributes of Resize that repeat each pixel. */
export const nearest: Attributes = {
  mode: "nearest",
  coordinate_transformation_mode: "asymmetric",
  nearest_mode: "floor",
};

/**
 * y = x with each pixel repeated k×k: dx = k²·mean of dy over each k×k block.
 * y = A_h·x·A_wᵀ, linear interpolation with aligned corners: dx = A_hᵀ·dy·A_w.
 */
export const Resize: Rule = (call) => {
  const { node, numbers, refuse } = call;
  const scales = numbers(2);
  const modes = Object.keys(nearest).flatMap((name) => node.attributes[name] ?? []);
  if (scales[0] !== 1 || scales[1] !== 1) refuse(`scales ${scales.join(", ")} (need 1, 1, height, width)`);
  if (modes[0] === "linear" && modes[1] === "align_corners") return [() => interpolationGradient(call)];
  if (modes.join() !== Object.values(nearest).join())
    refuse(`mode ${modes.join(" ")} (need nearest asymmetric floor, or linear align_corners)`);
  if (!scales.every(Number.isInteger)) refuse(`scales ${scales.join(", ")} (need whole numbers)`);
  return [() => repetitionGradient(call, scales.slice(2))];
};

function repetitionGradient({ dy, op }: RuleCall, block: readonly number[]): Value {
  const mean = op("AveragePool", [dy], { kernel_shape: block, strides: block, pads: [0, 0, 0, 0] });
  return op("Mul", [mean, block[0] * block[1]]);
}

function interpolationGradient({ inputs: [x], y, dy, op, constant }: RuleCall): Value {
  const sizes = (axis: number): [number, number] => [Number(y.shape[axis]), Number(x.shape[axis])];
  const [heights, widths] = [sizes(2), sizes(3)];
  const across = op("MatMul", [dy, constant(interpolation(...widths).flat(), widths)]);
  const turned = interpolation(...heights)[0].map((_, column) =>
    interpolation(...heights).map((row) => row[column]),
  );
  return op("MatMul", [constant(turned.flat(), heights.toReversed()), across]);
}

/** The matrix [out, size] of linear interpolation along an axis. */
const interpolation = (out: number, size: number): number[][] =>
  Array.from({ length: out }, (_, i) => {
    const row = Array<number>(size).fill(0);
    const [low, high, fraction] = between(i, out, size);
    row[low] += 1 - fraction;
    row[high] += fraction;
    return row;
  });
