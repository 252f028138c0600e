/** Sums, products and choices. Where an operand was repeated the reverse pass sums, so no rule says so. */
import type { Rule } from "../rule.ts";
import { siluGradient } from "./silu.ts";

/** y = a + b: da = dy, db = dy. */
export const Add: Rule = ({ dy }) => [() => dy, () => dy];

/** y = a − b: da = dy, db = −dy. */
export const Sub: Rule = ({ dy, op }) => [() => dy, () => op("Neg", [dy])];

/** y = −x: dx = −dy. */
export const Neg: Rule = ({ dy, op }) => [() => op("Neg", [dy])];

/** y = a·b: da = dy·b, db = dy·a; for a square 2·dy·a at once, and x·σ(x) as the one function that it is. */
export const Mul: Rule = (call) => {
  const { inputs, dy, op } = call;
  const [a, b] = inputs;
  if (a.name === b.name) return [() => op("Mul", [op("Mul", [dy, 2]), a])];
  return siluGradient(call) ?? [() => op("Mul", [dy, b]), () => op("Mul", [dy, a])];
};

/** y = a/b: da = dy/b, db = −dy·y/b. */
export const Div: Rule = ({ inputs: [, b], y, dy, op }) => [
  () => op("Div", [dy, b]),
  () => op("Neg", [op("Mul", [dy, op("Div", [y, b])])]),
];

/** y = c ? a : b: each takes dy where it was chosen, and 0 elsewhere. */
export const Where: Rule = ({ inputs: [condition], dy, op }) => [
  undefined,
  () => op("Where", [condition, dy, 0]),
  () => op("Where", [condition, 0, dy]),
];
