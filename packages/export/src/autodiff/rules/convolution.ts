/**
 * Convolution y = Conv(x, w) and its two gradients. All three are the form Σ x·w·y, summed over all but one of its
 * arrays (see `operators.ts`), and the derivative of a form that is linear in each array is the form again: the
 * gradients of any of the three operators are the two others.
 */
import { geometryOf } from "../../attributes.ts";
import type { Attributes } from "../../operators.ts";
import type { Value } from "../../value.ts";
import type { Rule, RuleCall } from "../rule.ts";

/** y = Conv(x, w) + b: dx = ConvGradInput(dy, w), dw = ConvGradWeight(x, dy), db = Σ dy over images and pixels. */
export const Conv: Rule = (call) => {
  const { node, inputs, dy, op, refuse } = call;
  const [x, w] = inputs;
  const { group = 1 } = node.attributes;
  if (group !== 1) refuse(`group ${String(group)} (need 1)`);
  const geometry = geometryAttributes(node.attributes, w);
  return [
    () => op("ConvGradInput", [dy, w], { ...geometry, size: pixels(x, call) }),
    () => op("ConvGradWeight", [x, dy], geometry),
    () => op("ReduceSum", [dy, call.int64([0, 2, 3])], { keepdims: 0 }),
  ];
};

/** x = ConvGradInput(y, w), with gradient dx: dy = Conv(dx, w), dw = ConvGradWeight(dx, y). */
export const ConvGradInput: Rule = ({ node, inputs: [y, w], dy: dx, op, int64 }) => {
  const geometry = geometryAttributes(node.attributes, w);
  return [
    () => op("Conv", [dx, w], geometry),
    () => op("ConvGradWeight", [dx, y], geometry),
    () => op("ReduceSum", [dx, int64([0, 2, 3])], { keepdims: 0 }),
  ];
};

/** ONNX's name for the same. */
export const ConvTranspose = ConvGradInput;

/** w = ConvGradWeight(x, y), with gradient dw: dx = ConvGradInput(y, dw), dy = Conv(x, dw). */
export const ConvGradWeight: Rule = (call) => {
  const { node, inputs, y: w, dy: dw, op } = call;
  const [x, y] = inputs;
  const geometry = geometryAttributes(node.attributes, w);
  return [
    () => op("ConvGradInput", [y, dw], { ...geometry, size: pixels(x, call) }),
    () => op("Conv", [x, dw], geometry),
  ];
};

function geometryAttributes(attributes: Attributes, w: Value): Attributes {
  const { kernel, strides, dilations, pads } = geometryOf({
    kernel_shape: w.shape.slice(2).map(Number),
    ...attributes,
  });
  return { kernel_shape: kernel, strides, dilations, pads };
}

/** Height and width of an image. */
function pixels(x: Value, { refuse }: RuleCall): number[] {
  return x.shape
    .slice(2)
    .map((size) => (typeof size === "number" ? size : refuse(`images of unknown size ${size}`)));
}
