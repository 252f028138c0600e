/** Operators on each element: functions of one array, of two that broadcast, and choices. */
import { nearestFloat16 } from "../float16.ts";
import type { Kernel } from "./kernel.ts";
import { broadcastStrides, positions, type Sizes } from "./positions.ts";

const map =
  (f: (x: number) => number): Kernel =>
  ({ inputs: [x] }) =>
    x.data.map(f);

const pair =
  (f: (a: number, b: number) => number): Kernel =>
  ({ inputs: [a, b], shape }) => {
    const [ia, ib] = [a, b].map((x) => positions(shape, broadcastStrides(x.shape, shape)));
    return Float64Array.from(ia, (at, i) => f(a.data[at], b.data[ib[i]]));
  };

export const Add = pair((a, b) => a + b);
export const Sub = pair((a, b) => a - b);
export const Mul = pair((a, b) => a * b);
export const Div = pair((a, b) => a / b);
export const Less = pair((a, b) => Number(a < b));
export const Equal = pair((a, b) => Number(a === b));

export const Abs = map(Math.abs);
export const Cos = map(Math.cos);
export const Exp = map(Math.exp);
export const Floor = map(Math.floor);
export const Identity = map((x) => x);
export const Log = map(Math.log);
export const Neg = map((x) => -x);
export const Reciprocal = map((x) => 1 / x);
export const Relu = map((x) => Math.max(x, 0));
export const Sigmoid = map((x) => 1 / (1 + Math.exp(-x)));
export const Sin = map(Math.sin);
export const Sqrt = map(Math.sqrt);
export const Tanh = map(Math.tanh);
export const Softplus = map((x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))));
export const Erf = map(erf);

export const Elu: Kernel = ({ inputs: [x], attributes: { alpha = 1 } }) =>
  x.data.map((value) => (value > 0 ? value : Number(alpha) * Math.expm1(value)));

export const Clip: Kernel = ({ inputs: [x, low, high] }) => {
  const [from, to] = [low?.data[0] ?? -Infinity, high?.data[0] ?? Infinity];
  return x.data.map((value) => Math.min(Math.max(value, from), to));
};

/** Numbers are cut off at the point for integers and rounded for float16; bool is 0 or 1. */
export const Cast: Kernel = ({ inputs: [x], type }) => {
  if (type === "bool") return x.data.map((value) => Number(value !== 0));
  if (type === "float16") return x.data.map(nearestFloat16);
  return type === "float32" ? x.data : x.data.map(Math.trunc);
};

export const Where: Kernel = ({ inputs, shape }) => {
  const read = ({ shape: from }: { shape: Sizes }) => positions(shape, broadcastStrides(from, shape));
  const [condition, a, b] = inputs;
  const [ic, ia, ib] = [condition, a, b].map(read);
  return Float64Array.from(ic, (at, i) => (condition.data[at] !== 0 ? a.data[ia[i]] : b.data[ib[i]]));
};

/** 2/√π·∫₀ˣ e^(−t²) dt to double precision: the series 2/√π·e^(−x²)·Σ 2ⁿx^(2n+1)/(2n+1)‼, whose terms are all positive. */
function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}
