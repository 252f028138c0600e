/** Functions of one number. Derivatives are written with y where that saves work. */
import type { Rule } from "../rule.ts";

/** y = eˣ: dx = dy·y. */
export const Exp: Rule = ({ y, dy, op }) => [() => op("Mul", [dy, y])];

/** y = ln x: dx = dy/x. */
export const Log: Rule = ({ inputs: [x], dy, op }) => [() => op("Div", [dy, x])];

/** y = √x: dx = dy/y·½, with the ½ where it meets the 2 of a square under the root. */
export const Sqrt: Rule = ({ y, dy, op }) => [() => op("Mul", [op("Div", [dy, y]), 0.5])];

/** y = 1/x: dx = −dy·y². */
export const Reciprocal: Rule = ({ y, dy, op }) => [() => op("Neg", [op("Mul", [dy, op("Mul", [y, y])])])];

/** y = sin x: dx = dy·cos x. */
export const Sin: Rule = ({ inputs: [x], dy, op }) => [() => op("Mul", [dy, op("Cos", [x])])];

/** y = cos x: dx = −dy·sin x. */
export const Cos: Rule = ({ inputs: [x], dy, op }) => [() => op("Neg", [op("Mul", [dy, op("Sin", [x])])])];

/** y = |x|: dx = dy·sign x, with sign 0 = 0. */
export const Abs: Rule = ({ inputs: [x], dy, op }) => [
  () => op("Where", [op("Less", [x, 0]), op("Neg", [dy]), op("Where", [op("Less", [0, x]), dy, 0])]),
];

/** y = erf x: dx = dy·2/√π·e^(−x²). */
export const Erf: Rule = ({ inputs: [x], dy, op }) => [
  () => op("Mul", [op("Mul", [dy, 2 / Math.sqrt(Math.PI)]), op("Exp", [op("Neg", [op("Mul", [x, x])])])]),
];

/** y = min(max(x, low), high): dx = dy where nothing was cut off, ends included; the ends are constants. */
export const Clip: Rule = ({ inputs: [x, ...ends], y, dy, op, numbers }) => {
  ends.forEach((end, i) => end === undefined || numbers(i + 1));
  return [() => op("Where", [op("Equal", [x, y]), dy, 0])];
};
