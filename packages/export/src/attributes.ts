/** Reading the attributes of a node. */
import type { Attributes } from "./operators.ts";

/** A list of numbers. @throws TypeError where there is another kind of attribute, or neither it nor a default */
export function ints(attributes: Attributes, name: string, otherwise?: readonly number[]): readonly number[] {
  const found = attributes[name] ?? otherwise;
  if (typeof found !== "object")
    throw new TypeError(`invalid attribute ${name}: ${found} (need a list of numbers)`);
  return found;
}

/** A number. @throws TypeError where there is another kind of attribute */
export function number(attributes: Attributes, name: string, otherwise: number): number {
  const found = attributes[name] ?? otherwise;
  if (typeof found !== "number")
    throw new TypeError(`invalid attribute ${name}: ${String(found)} (need a number)`);
  return found;
}

/** An axis, counted from the front. */
export function axisOf(attributes: Attributes, rank: number, otherwise: number): number {
  const axis = number(attributes, "axis", otherwise);
  return axis < 0 ? axis + rank : axis;
}

/** How a window of pixels moves over an image; two numbers each, but `pads`: top, left, bottom, right. */
export interface Geometry {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly pads: readonly number[];
}

/** The geometry of a convolution or pooling, of which only `kernel_shape` must be there. */
export const geometryOf = (attributes: Attributes): Geometry => ({
  kernel: ints(attributes, "kernel_shape"),
  strides: ints(attributes, "strides", [1, 1]),
  dilations: ints(attributes, "dilations", [1, 1]),
  pads: ints(attributes, "pads", [0, 0, 0, 0]),
});
