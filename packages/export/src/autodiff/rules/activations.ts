/** The nonlinearities of networks. */
import { axisOf } from "../../attributes.ts";
import type { Rule } from "../rule.ts";

/** y = max(x, 0): dx = dy where y > 0. */
export const Relu: Rule = ({ y, dy, op }) => [() => op("Where", [op("Less", [0, y]), dy, 0])];

/** y = σ(x): dx = dy·y·(1 − y). */
export const Sigmoid: Rule = ({ y, dy, op }) => [() => op("Mul", [dy, op("Mul", [y, op("Sub", [1, y])])])];

/** y = tanh x: dx = dy·(1 − y²). */
export const Tanh: Rule = ({ y, dy, op }) => [() => op("Mul", [dy, op("Sub", [1, op("Mul", [y, y])])])];

/** y = ln(1 + eˣ): dx = dy·σ(x). */
export const Softplus: Rule = ({ inputs: [x], dy, op }) => [() => op("Mul", [dy, op("Sigmoid", [x])])];

/** y = x for x > 0, else α(eˣ − 1): dx = dy for x > 0, else dy·(y + α). */
export const Elu: Rule = ({ node: { attributes }, y, dy, op }) => [
  () => {
    const { alpha = 1 } = attributes;
    return op("Where", [op("Less", [0, y]), dy, op("Mul", [dy, op("Add", [y, Number(alpha)])])]);
  },
];

/** y = eˣ/Σeˣ along an axis: dx = y·(dy − Σ dy·y). */
export const Softmax: Rule = ({ node: { attributes }, y, dy, op, int64 }) => [
  () => {
    const mean = op("ReduceSum", [op("Mul", [dy, y]), int64([axisOf(attributes, y.shape.length, -1)])], {
      keepdims: 1,
    });
    return op("Mul", [y, op("Sub", [dy, mean])]);
  },
];

/** y = x − ln Σeˣ along an axis: dx = dy − eʸ·Σ dy. */
export const LogSoftmax: Rule = ({ node: { attributes }, y, dy, op, int64 }) => [
  () => {
    const total = op("ReduceSum", [dy, int64([axisOf(attributes, y.shape.length, -1)])], { keepdims: 1 });
    return op("Sub", [dy, op("Mul", [op("Exp", [y]), total])]);
  },
];
