/**
 * The vocabulary of score networks as ONNX nodes. An image is [N, C, H, W], and a vector is an image of one pixel,
 * [N, K, 1, 1]: vectors then broadcast against images without reshapes, and a dense layer is a 1×1 convolution, which
 * (unlike Gemm) ONNX Runtime computes in the same order for every batch size.
 */
import {
  biasInit,
  nearestBounds,
  samePadding,
  weightInit,
  type ConvOptions,
  type DenseOptions,
  type Nn,
  type Pointwise,
  type Shape as Sizes,
} from "@ncsn/core";
import type { Binder } from "./binder.ts";
import type { Operand, Tape } from "./graph.ts";
import type { Value } from "./value.ts";

/** The vocabulary over values of one tape; weights are values too. */
export type OnnxNn = Nn<Value, Value, Value>;

/**
 * The vocabulary over a tape.
 * @param bind gives the value of each parameter
 */
export function onnxNn(tape: Tape, bind: Binder): OnnxNn {
  const op = tape.op;

  /** A convolution with a weight of canonical shape `shape`, for images and (1×1) for vectors. */
  const convolution = (name: string, x: Value, shape: Sizes, options: ConvOptions): Value => {
    const { size = 3, stride = 1, dilation = 1, bias = true, unit, gain } = options;
    const [filters, inputs] = shape;
    const fanIn = inputs * size * size;
    const weight = bind(tape, {
      name: `${name}.weight`,
      shape,
      init: weightInit(options, fanIn),
      as: [filters, inputs, size, size],
      unit,
      gain,
    });
    const offset = bias
      ? bind(tape, { name: `${name}.bias`, shape: [filters], init: biasInit(fanIn), as: [filters] })
      : undefined;
    return conv(tape, `${name}.conv`, x, [weight, offset], { size, stride, dilation });
  };

  const scale = (x: Value, by: Operand): Value => op("Mul", [x, by]);
  const shift = (x: Value, by: Operand): Value => op("Add", [x, by]);
  const silu: Pointwise<Value, Value> = (x: Value) => op("Mul", [x, op("Sigmoid", [x])]);
  const relu: Pointwise<Value, Value> = (x: Value) => op("Relu", [x]);
  // Elu's CPU kernel computes the ends of an array in another way than its middle. For x > 0 the second term is 0, and
  // its exponential 1: an overflow there would make the gradient 0·∞.
  const elu: Pointwise<Value, Value> = (x: Value) => {
    const positive = op("Relu", [x]);
    return op("Add", [positive, op("Sub", [op("Exp", [op("Sub", [x, positive])]), 1])]);
  };
  const reciprocal = (v: Value): Value => op("Div", [1, v]);

  return {
    parameter: (name, shape, init) => bind(tape, { name, shape, init, as: shape }),
    vector: (name, width, init) => bind(tape, { name, shape: [width], init, as: [1, width, 1, 1] }),

    conv: (name, x, channels, options = {}) =>
      convolution(name, x, [channels, sizeOf(x, 1), options.size ?? 3, options.size ?? 3], options),
    dense: (name, v, width, options: DenseOptions = {}) =>
      convolution(name, v, [width, sizeOf(v, 1)], { ...options, size: 1 }),

    add: (a, b) => op("Add", [a, b]),
    scale,
    shift,
    concat: (a, b) => op("Concat", [a, b], { axis: 1 }),
    withOnes: (x) => op("Pad", [x, int64(tape, [0, 0, 0, 0, 0, 1, 0, 0]), 1], { mode: "constant" }),

    silu,
    elu,
    relu,

    meanPool(x) {
      const [height, width] = [sizeOf(x, 2), sizeOf(x, 3)];
      if (height % 2 !== 0 || width % 2 !== 0)
        throw new RangeError(`cannot halve an image of ${height}x${width}`);
      return op("AveragePool", [x], { kernel_shape: [2, 2], strides: [2, 2], pads: [0, 0, 0, 0] });
    },
    maxPool(x, size) {
      const reach = Math.floor(size / 2);
      const kernel = 2 * reach + 1;
      return op("MaxPool", [x], {
        kernel_shape: [kernel, kernel],
        strides: [1, 1],
        pads: [reach, reach, reach, reach],
      });
    },
    blur(x, size) {
      const reach = samePadding(size, 1);
      return op("AveragePool", [x], {
        kernel_shape: [size, size],
        strides: [1, 1],
        pads: [reach, reach, reach, reach],
        count_include_pad: 1,
      });
    },
    upsample: (x) =>
      op("Resize", [x, undefined, tape.constant([1, 1, 2, 2])], {
        mode: "nearest",
        coordinate_transformation_mode: "asymmetric",
        nearest_mode: "floor",
      }),
    resize(x, like) {
      const [height, width] = [sizeOf(like, 2), sizeOf(like, 3)];
      if (height === sizeOf(x, 2) && width === sizeOf(x, 3)) return x;
      // Sizes would have to name the batch. With aligned corners the scales say nothing but the output's size, which
      // is their product with the input's, rounded down: half a pixel more keeps that from float32's rounding.
      const scales = tape.constant([1, 1, (height + 0.5) / sizeOf(x, 2), (width + 0.5) / sizeOf(x, 3)]);
      return op("Resize", [x, undefined, scales], {
        mode: "linear",
        coordinate_transformation_mode: "align_corners",
      });
    },

    moments(x) {
      // ReduceMean sums in an order that depends on where an image lies in memory.
      const mean = op("GlobalAveragePool", [x]);
      const centred = op("Sub", [x, mean]);
      return { mean, variance: op("GlobalAveragePool", [op("Mul", [centred, centred])]) };
    },
    attention: (q, k, v, heads) => attention(tape, q, k, v, heads),

    times: scale,
    plus: shift,
    // The logarithm of a sum of one number each: Log itself computes the last images of a batch in another way.
    log: (v) => op("ReduceLogSum", [v], { axes: [2, 3], keepdims: 1 }),
    rsqrt: (v) => reciprocal(op("Sqrt", [v])),
    reciprocal,
    mean(v) {
      const width = sizeOf(v, 1);
      return conv(tape, "mean", v, [tape.constant(Array<number>(width).fill(1 / width), [1, width, 1, 1])], {
        size: 1,
      });
    },
    fourier(v, frequencies, phases) {
      const count = frequencies.length;
      const perTurn = tape.constant(
        frequencies.map((f) => f / (2 * Math.PI)),
        [count, 1, 1, 1],
        { name: "frequencies" },
      );
      const start = tape.constant(
        phases.map((phase) => phase / (2 * Math.PI)),
        [count],
        { name: "phases" },
      );
      return scale(
        cosineOfTurns(tape, conv(tape, "fourier.conv", v, [perTurn, start], { size: 1 })),
        Math.SQRT2,
      );
    },
    oneHot(v, width) {
      // Every comparison of WebGPU takes the label's own type; OneHot has no kernel there.
      const columns = tape.constant(
        Array.from({ length: width }, (_, i) => i),
        [1, width, 1, 1],
        { type: v.type },
      );
      return op("Cast", [op("Equal", [v, columns])], { to: 1 });
    },
    nearest(v, table) {
      const bounds = nearestBounds(table);
      if (bounds.length === 0) return scale(v, 0);
      const below = op("Less", [v, tape.constant(bounds, [1, bounds.length, 1, 1])]);
      return op("ReduceSum", [op("Cast", [below], { to: 1 }), int64(tape, [1])], { keepdims: 1 });
    },

    channels: (x) => sizeOf(x, 1),
    size: (x) => [sizeOf(x, 2), sizeOf(x, 3)],
    width: (v) => sizeOf(v, 1),
  };
}

/** A convolution node with zero padding on each side that keeps the size at stride 1; inputs weight and bias. */
function conv(
  tape: Tape,
  name: string,
  x: Value,
  weights: readonly Operand[],
  { size, stride = 1, dilation = 1 }: { size: number; stride?: number; dilation?: number },
): Value {
  const padding = samePadding(size, dilation);
  const attributes = {
    kernel_shape: [size, size],
    strides: [stride, stride],
    dilations: [dilation, dilation],
    pads: [padding, padding, padding, padding],
  };
  return tape.op("Conv", [x, ...weights], attributes, name);
}

/**
 * Chebyshev interpolation of cos(πr), |r| ≤ ½, as a polynomial in r²; error below 5e-8. (Interpolate cos(π√u) at
 * u = (1 + cos((2k + 1)π/10))/8, k = 0 … 4.)
 */
const halfCosine = [
  0.9999999530275124, -4.934792802489462, 4.058410790762693, -1.3318729727882108, 0.21968242357693846,
];

/**
 * cos(2πt) as 2·cos²(πr) − 1 with r = t − ⌊t + ½⌋, in sums and products: Cos computes the ends of an array in another
 * way than its middle on CPUs, and WGSL promises only 2⁻¹¹ of it.
 */
function cosineOfTurns(tape: Tape, turns: Value): Value {
  const op = tape.op;
  const rest = op("Sub", [turns, op("Floor", [op("Add", [turns, 0.5])])]);
  const square = op("Mul", [rest, rest]);
  const [last, ...lower] = halfCosine.toReversed();
  const first = op("Add", [op("Mul", [square, last]), lower[0]]);
  const cosine = lower.slice(1).reduce((sum, c) => op("Add", [op("Mul", [sum, square]), c]), first);
  return op("Add", [op("Mul", [op("Mul", [cosine, cosine]), 2]), -1]);
}

/** softmax(qᵀk/√depth) over positions, per head: [N, C, H, W] is read as [N, heads, depth, H·W]. */
function attention(tape: Tape, q: Value, k: Value, v: Value, heads: number): Value {
  const op = tape.op;
  const [channels, height, width] = [sizeOf(q, 1), sizeOf(q, 2), sizeOf(q, 3)];
  const depth = channels / heads;
  if (!Number.isInteger(depth))
    throw new RangeError(`cannot divide ${channels} channels into ${heads} heads`);
  const split = (x: Value) => op("Reshape", [x, int64(tape, [0, heads, depth, height * width])]);
  const turned = (x: Value) => op("Transpose", [x], { perm: [0, 1, 3, 2] });
  // The factor goes on q before the reshape, where it folds into the convolution that made q.
  const logits = op("MatMul", [turned(split(op("Mul", [q, 1 / Math.sqrt(depth)]))), split(k)]);
  const mixed = op("MatMul", [op("Softmax", [logits], { axis: -1 }), turned(split(v))]);
  return op("Reshape", [turned(mixed), int64(tape, [0, channels, height, width])]);
}

const int64 = (tape: Tape, numbers: readonly number[]): Value =>
  tape.constant(numbers, undefined, { type: "int64" });

/** A size that is known now. @throws TypeError for the batch, which networks may not look at */
function sizeOf(x: Value, axis: number): number {
  const size = x.shape[axis];
  if (typeof size !== "number")
    throw new TypeError(`dimension ${axis} of ${x.name} is only known when the graph runs`);
  return size;
}
