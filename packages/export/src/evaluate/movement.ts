/** Operators that only move elements: each is a list of positions to read from, or to write to. */
import type { Values } from "@ncsn/core";
import { axisOf, ints } from "../attributes.ts";
import { sliceEnd } from "../operators.ts";
import type { Kernel } from "./kernel.ts";
import { broadcastStrides, count, positions, stridesOf, type Sizes } from "./positions.ts";

const read = ({ data }: Values, from: Int32Array): Float64Array => Float64Array.from(from, (at) => data[at]);

/** Writes x into a larger array, its first element at `start`. */
function place(out: Float64Array, shape: Sizes, x: Values, start: number): void {
  positions(x.shape, stridesOf(shape), start).forEach((at, i) => (out[at] = x.data[i]));
}

export const Reshape: Kernel = ({ inputs: [x] }) => x.data;

export const Expand: Kernel = ({ inputs: [x], shape }) =>
  read(x, positions(shape, broadcastStrides(x.shape, shape)));

export const Transpose: Kernel = ({ inputs: [x], attributes, shape }) => {
  const strides = stridesOf(x.shape);
  return read(
    x,
    positions(
      shape,
      ints(attributes, "perm").map((axis) => strides[axis]),
    ),
  );
};

export const Slice: Kernel = ({ inputs: [x, starts, , axes, steps], shape }) => {
  const strides = stridesOf(x.shape);
  let start = 0;
  axes.data.forEach((axis, i) => {
    const step = steps?.data[i] ?? 1;
    start += sliceEnd(starts.data[i], x.shape[axis], step) * strides[axis];
    strides[axis] *= step;
  });
  return read(x, positions(shape, strides, start));
};

export const Concat: Kernel = ({ inputs, attributes, shape }) => {
  const axis = axisOf(attributes, shape.length, 0);
  const out = new Float64Array(count(shape));
  let start = 0;
  for (const x of inputs) {
    place(out, shape, x, start);
    start += x.shape[axis] * stridesOf(shape)[axis];
  }
  return out;
};

/** Constant padding, by zeros unless a third input says otherwise. @throws TypeError for another mode, or cropping */
export const Pad: Kernel = ({ inputs: [x, pads, value], attributes: { mode = "constant" }, shape }) => {
  if (mode !== "constant") throw new TypeError(`cannot pad in mode ${String(mode)}`);
  if (pads.data.some((pad) => pad < 0)) throw new TypeError(`cannot pad by ${pads.data.join(", ")}`);
  const out = new Float64Array(count(shape)).fill(value?.data[0] ?? 0);
  const start = stridesOf(shape).reduce((sum, stride, axis) => sum + pads.data[axis] * stride, 0);
  place(out, shape, x, start);
  return out;
};

/** Negative indices count from the end. */
export const Gather: Kernel = ({ inputs: [x, indices], attributes }) => {
  const axis = axisOf(attributes, x.shape.length, 0);
  const size = x.shape[axis];
  const outer = count(x.shape.slice(0, axis));
  const inner = count(x.shape.slice(axis + 1));
  const out: number[] = [];
  for (let o = 0; o < outer; o++)
    for (const index of indices.data)
      for (let i = 0; i < inner; i++)
        out.push(x.data[(o * size + (index < 0 ? index + size : index)) * inner + i]);
  return Float64Array.from(out);
};
