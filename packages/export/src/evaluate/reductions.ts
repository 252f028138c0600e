/** Sums, means and maxima over axes, and the softmax that is made of them. */
import type { Values } from "@ncsn/core";
import { axisOf, ints } from "../attributes.ts";
import type { Kernel } from "./kernel.ts";
import { broadcastStrides, count, positions } from "./positions.ts";

/** For each element, the position of its group's result: the groups run over `axes`. */
function groups(
  { shape }: Values,
  axes: readonly number[],
): { readonly group: Int32Array; readonly kept: number[] } {
  const kept = shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  return { group: positions(shape, broadcastStrides(kept, shape)), kept };
}

/** Folds the elements of each group. */
function fold(
  x: Values,
  axes: readonly number[],
  start: number,
  f: (sum: number, value: number) => number,
): Float64Array {
  const { group, kept } = groups(x, axes);
  const out = new Float64Array(count(kept)).fill(start);
  x.data.forEach((value, i) => (out[group[i]] = f(out[group[i]], value)));
  return out;
}

const sum = (x: Values, axes: readonly number[]): Float64Array => fold(x, axes, 0, (a, b) => a + b);

/** The axes are the second input. */
export const ReduceSum: Kernel = ({ inputs: [x, axes] }) => sum(x, [...axes.data]);

export const ReduceMean: Kernel = ({ inputs: [x], attributes }) => {
  const axes = ints(attributes, "axes");
  const size = count(axes.map((axis) => x.shape[axis]));
  return sum(x, axes).map((total) => total / size);
};

export const ReduceLogSum: Kernel = ({ inputs: [x], attributes }) =>
  sum(x, ints(attributes, "axes")).map(Math.log);

export const ReduceMax: Kernel = ({ inputs: [x], attributes }) =>
  fold(x, ints(attributes, "axes"), -Infinity, Math.max);

/** The mean over height and width. */
export const GlobalAveragePool: Kernel = (call) => ReduceMean({ ...call, attributes: { axes: [2, 3] } });

/** eˣ / Σ eˣ along one axis. */
export const Softmax: Kernel = (call) => LogSoftmax(call).map(Math.exp);

/** x − ln Σ eˣ along one axis, the largest x taken out of the sum. */
export const LogSoftmax: Kernel = ({ inputs: [x], attributes }) => {
  const axes = [axisOf(attributes, x.shape.length, -1)];
  const { group } = groups(x, axes);
  const peak = fold(x, axes, -Infinity, Math.max);
  const data = x.data.map((value, i) => value - peak[group[i]]);
  const total = sum({ ...x, data: data.map(Math.exp) }, axes);
  return data.map((value, i) => value - Math.log(total[group[i]]));
};
