/**
 * Operators of ONNX Runtime's own domains, for graphs that one runtime makes, runs and forgets: training steps on its
 * CPU. Exported models never hold them.
 *
 * A blocked image is one whose memory is [N, C/b, H, W, b] for the processor's block size b; its shape says [N, C, H, W]
 * all the same. The runtime's convolutions are about twice as fast on those.
 */
import type { Operator } from "./operators.ts";
import type { Shape, Value, ValueType } from "./value.ts";

const blocked = "com.microsoft.nchwc";

/** The type of input `i`, with another shape. */
const like = (inputs: readonly (Value | undefined)[], i: number, shape: (x: Shape) => Shape): ValueType[] => {
  const x = inputs[i];
  if (x === undefined) throw new TypeError(`input ${i} is missing`);
  return [{ type: x.type, shape: shape(x.shape) }];
};

export const runtimeOperators = {
  /** x as a blocked image; C is a multiple of the block size. */
  ReorderInput: { domain: blocked, attributes: {}, outputs: ({ inputs }) => like(inputs, 0, (x) => x) },
  /** A blocked image with its first `channels` channels as a plain one. */
  ReorderOutput: {
    domain: blocked,
    attributes: { channels: "int" },
    outputs: ({ inputs, attributes }) =>
      like(inputs, 0, ([n, , ...size]) => [n, Number(attributes.channels), ...size]),
  },
  /**
   * Conv(x, w, bias?) + sum? to a blocked image. x is blocked, or plain where it has fewer channels than a block; w is
   * in blocks too (`lowering/blocked.ts`). Stride 1 and padding that keeps the size, which is all that is used of it.
   */
  BlockedConv: {
    domain: blocked,
    type: "Conv",
    attributes: { kernel_shape: "ints", strides: "ints", dilations: "ints", pads: "ints" },
    outputs: ({ inputs }) => like(inputs, 0, ([n, , ...size]) => [n, inputs[1]?.shape[0] ?? 0, ...size]),
  },
  /** Mean of each 2×2 block of a blocked image. */
  BlockedAveragePool: {
    domain: blocked,
    type: "AveragePool",
    attributes: { kernel_shape: "ints", strides: "ints", pads: "ints" },
    outputs: ({ inputs }) =>
      like(inputs, 0, ([n, c, ...size]) => [n, c, ...size.map((pixels) => Number(pixels) / 2)]),
  },
  /** Each pixel of a blocked image repeated 2×2. */
  BlockedUpsample: {
    domain: blocked,
    type: "Upsample",
    attributes: { scales: "ints", mode: "string" },
    outputs: ({ inputs }) =>
      like(inputs, 0, ([n, c, ...size]) => [n, c, ...size.map((pixels) => Number(pixels) * 2)]),
  },
  /** A product of matrices, the first of them transposed. */
  FusedMatMul: {
    domain: "com.microsoft",
    attributes: { transA: "int", transB: "int" },
    outputs: ({ inputs, attributes }) => {
      const [a, b] = [inputs[0]?.shape ?? [], inputs[1]?.shape ?? []];
      const rank = Math.max(a.length, b.length);
      const batch = Array.from({ length: rank - 2 }, (_, i) => {
        const [p, q] = [a[i - rank + a.length] ?? 1, b[i - rank + b.length] ?? 1];
        return p === 1 ? q : p;
      });
      const rows = a[a.length - (attributes.transA === 1 ? 1 : 2)];
      const columns = b[b.length - (attributes.transB === 1 ? 2 : 1)];
      return like(inputs, 0, () => [...batch, rows, columns]);
    },
  },
} as const satisfies Record<string, Operator>;
