/** Products of matrices. */
import type { Rule } from "../rule.ts";
import type { Value } from "../../value.ts";

/** y = A·B: dA = dy·Bᵀ, dB = Aᵀ·dy, matrix by matrix; the reverse pass sums over a batch that was repeated. */
export const MatMul: Rule = ({ inputs: [a, b], dy, op }) => {
  const turned = (x: Value): Value => {
    const axes = x.shape.map((_, axis) => axis);
    return op("Transpose", [x], {
      perm: [...axes.slice(0, -2), axes[axes.length - 1], axes[axes.length - 2]],
    });
  };
  return [() => op("MatMul", [dy, turned(b)]), () => op("MatMul", [turned(a), dy])];
};

/** y = αAB + βC with A or B turned: dA and dB are products of the same kind, dC = β·dy. */
export const Gemm: Rule = ({ node: { attributes }, inputs: [a, b], dy, op }) => {
  const { alpha = 1, beta = 1, transA = 0, transB = 0 } = attributes;
  return [
    () =>
      transA === 0
        ? op("Gemm", [dy, b], { alpha, transB: transB === 0 ? 1 : 0 })
        : op("Gemm", [b, dy], { alpha, transA: transB, transB: 1 }),
    () =>
      transB === 0
        ? op("Gemm", [a, dy], { alpha, transA: transA === 0 ? 1 : 0 })
        : op("Gemm", [dy, a], { alpha, transA: 1, transB: transA }),
    () => op("Mul", [dy, Number(beta)]),
  ];
};
