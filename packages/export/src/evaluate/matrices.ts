/** Products of matrices. */
import type { Kernel } from "./kernel.ts";
import { broadcastStrides, count, positions, stridesOf, type Sizes } from "./positions.ts";

/** Matrices in the last two axes; the axes before them broadcast. */
export const MatMul: Kernel = ({ inputs: [a, b], shape }) => {
  const [rows, inner] = a.shape.slice(-2);
  const columns = shape[shape.length - 1];
  const batch = shape.slice(0, -2);
  const starts = (from: Sizes): Int32Array => {
    const own = stridesOf(from).slice(0, -2);
    const repeats = broadcastStrides(from.slice(0, -2), batch);
    const missing = batch.length - own.length;
    return positions(
      batch,
      repeats.map((stride, axis) => (stride === 0 ? 0 : own[axis - missing])),
    );
  };
  const [ia, ib] = [starts(a.shape), starts(b.shape)];
  const out = new Float64Array(count(shape));
  for (let at = 0, n = 0; n < ia.length; n++)
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++, at++)
        for (let k = 0; k < inner; k++)
          out[at] += a.data[ia[n] + row * inner + k] * b.data[ib[n] + k * columns + column];
  return out;
};

/** α·A·B + β·C, with A and B turned where `transA` and `transB` say so; C broadcasts. */
export const Gemm: Kernel = ({ inputs: [a, b, c], attributes, shape }) => {
  const { alpha = 1, beta = 1, transA = 0, transB = 0 } = attributes;
  const [rows, columns] = shape;
  const inner = a.shape[transA === 0 ? 1 : 0];
  const added = c && positions(shape, broadcastStrides(c.shape, shape));
  return Float64Array.from({ length: rows * columns }, (_, at) => {
    const [row, column] = [Math.floor(at / columns), at % columns];
    let sum = 0;
    for (let k = 0; k < inner; k++)
      sum +=
        a.data[transA === 0 ? row * inner + k : k * rows + row] *
        b.data[transB === 0 ? k * columns + column : column * inner + k];
    return Number(alpha) * sum + (added === undefined ? 0 : Number(beta) * c.data[added[at]]);
  });
};
