/**
 * The vocabulary over TensorFlow.js tensors: images are NHWC, convolution weights HWIO, dense weights [in, out], since
 * those are the layouts that TensorFlow's kernels take without a transpose.
 */
import {
  between,
  biasInit,
  nearestBounds,
  samePadding,
  unitEpsilon,
  weightInit,
  type Init,
  type Nn,
  type Shape,
} from "@ncsn/core";
import * as tf from "@tensorflow/tfjs";

export type TfjsNn = Nn<tf.Tensor4D, tf.Tensor2D, tf.Tensor>;

/**
 * @param bind the tensor of a parameter: of four-dimensional ones in HWIO, of two-dimensional ones transposed, others as
 *   they are; see {@link engineLayout}
 */
export function tfjsNn(bind: (name: string, shape: Shape, init: Init) => tf.Tensor): TfjsNn {
  const weight = (
    name: string,
    shape: Shape,
    { unit, gain = 1, init }: { unit?: boolean; gain?: number; init?: Init },
  ): tf.Tensor => {
    const fanIn = shape.slice(1).reduce((a, b) => a * b, 1);
    const w = bind(`${name}.weight`, shape, weightInit({ unit, init }, fanIn));
    if (unit) return unitNorm(w, gain);
    return gain === 1 ? w : w.mul(gain);
  };

  return {
    parameter: bind,
    vector: (name, width, init) => bind(name, [width], init).reshape([1, width]),

    conv(name, x, channels, { size = 3, stride = 1, dilation = 1, bias = true, ...options } = {}) {
      const inputs = x.shape[3];
      const w = weight(name, [channels, inputs, size, size], options) as tf.Tensor4D;
      const y = convolve(x, w, size, stride, dilation);
      return bias ? y.add(bind(`${name}.bias`, [channels], biasInit(inputs * size * size))) : y;
    },
    dense(name, v, width, { bias = true, ...options } = {}) {
      const inputs = v.shape[1];
      const y = tf.matMul(v, weight(name, [width, inputs], options));
      return bias ? y.add<tf.Tensor2D>(bind(`${name}.bias`, [width], biasInit(inputs))) : (y as tf.Tensor2D);
    },

    add: (a, b) => a.add(b),
    scale: (x, by) => x.mul(perChannel(by)),
    shift: (x, by) => x.add(perChannel(by)),
    concat: (a, b) => tf.concat([a, b], 3),
    withOnes: (x) =>
      tf.pad(
        x,
        [
          [0, 0],
          [0, 0],
          [0, 0],
          [0, 1],
        ],
        1,
      ),

    silu: silu as TfjsNn["silu"],
    elu: ((x: tf.Tensor) => tf.elu(x)) as TfjsNn["elu"],
    relu: ((x: tf.Tensor) => tf.relu(x)) as TfjsNn["relu"],

    meanPool: (x) => tf.avgPool(x, 2, 2, "valid"),
    maxPool: (x, size) => tf.maxPool(x, size, 1, "same"),
    // TensorFlow's own 'same' leaves the border out of its means
    blur: (x, size) => tf.avgPool(padded(x, samePadding(size, 1)), size, 1, "valid"),
    upsample,
    resize: (x, like) => interpolate(interpolate(x, 1, like.shape[1]), 2, like.shape[2]),

    moments(x) {
      const { mean, variance } = tf.moments(x, [1, 2]);
      return { mean: mean as tf.Tensor2D, variance: variance as tf.Tensor2D };
    },
    attention(q, k, v, heads) {
      const [n, height, width, channels] = q.shape;
      const depth = channels / heads;
      const split = (x: tf.Tensor4D) => x.reshape([n, height * width, heads, depth]).transpose([0, 2, 1, 3]);
      const weights = tf.softmax(tf.matMul(split(q).mul(1 / Math.sqrt(depth)), split(k), false, true));
      return tf.matMul(weights, split(v)).transpose([0, 2, 1, 3]).reshape([n, height, width, channels]);
    },

    times: (v, by) => v.mul(by),
    plus: (v, by) => v.add(by),
    log: (v) => tf.log(v),
    rsqrt: (v) => tf.rsqrt(v),
    reciprocal: (v) => tf.reciprocal(v),
    mean: (v) => tf.mean(v, 1, true),
    fourier: (v, frequencies, phases) =>
      v
        .mul(tf.tensor1d([...frequencies]))
        .add(tf.tensor1d([...phases]))
        .cos()
        .mul(Math.SQRT2),
    oneHot: (v, width) => tf.equal(v, tf.range(0, width)).cast("float32"),
    nearest: (v, table) =>
      tf
        .less(v, tf.tensor1d(nearestBounds(table)))
        .cast("float32")
        .sum(1, true),

    channels: (x) => x.shape[3],
    size: (x) => [x.shape[1], x.shape[2]],
    width: (v) => v.shape[1],
  };
}

/** A vector [N, K] as a factor or offset of NHWC images. */
const perChannel = (by: tf.Tensor2D | number): tf.Tensor | number =>
  typeof by === "number" ? by : by.reshape([by.shape[0], 1, 1, by.shape[1]]);

/** Convolution with symmetric zero padding. TensorFlow's own 'same' pads the end only at stride 2. */
function convolve(
  x: tf.Tensor4D,
  w: tf.Tensor4D,
  size: number,
  stride: number,
  dilation: number,
): tf.Tensor4D {
  if (stride === 1 && dilation === 1) return tf.conv2d(x, w, 1, "same");
  const padding = samePadding(size, dilation);
  if (dilation === 1) return tf.conv2d(padded(x, padding), w, stride, "valid");
  if (stride !== 1)
    throw new RangeError(`a convolution cannot have stride ${stride} and dilation ${dilation} at once`);
  // No backend differentiates a dilated convolution; a dense one on the dilation² interleaved sub-images is the same.
  const [, height, width] = x.shape;
  const fill = (length: number) => (dilation - ((length + 2 * padding) % dilation)) % dilation;
  const [down, right] = [fill(height), fill(width)];
  const blocks = tf.spaceToBatchND(
    x,
    [dilation, dilation],
    [
      [padding, padding + down],
      [padding, padding + right],
    ],
  );
  return tf.batchToSpaceND(
    tf.conv2d(blocks, w, 1, "valid"),
    [dilation, dilation],
    [
      [0, down],
      [0, right],
    ],
  );
}

const padded = (x: tf.Tensor4D, by: number): tf.Tensor4D =>
  by === 0
    ? x
    : tf.pad(x, [
        [0, 0],
        [by, by],
        [by, by],
        [0, 0],
      ]);

/** x·s with s = sigmoid(x); the derivative s + y·(1 − s) needs the two results, not the input. */
const silu = tf.customGrad((x, save) => {
  const s = tf.sigmoid(x as tf.Tensor);
  const y = s.mul(x as tf.Tensor);
  (save as tf.GradSaveFunc)([s, y]);
  return {
    value: y,
    gradFunc: (dy, saved) => {
      const [sigmoid, value] = saved;
      return tf.tidy(() => tf.mul(dy, tf.add(value, tf.mul(sigmoid, tf.sub(1, value)))));
    },
  };
});

/**
 * Linear interpolation along an axis to another size, the ends aligned. By gathering, since the gradient of TensorFlow.js's
 * own resize is wrong in plain JavaScript where height and width differ.
 */
function interpolate(x: tf.Tensor4D, axis: 1 | 2, size: number): tf.Tensor4D {
  if (x.shape[axis] === size) return x;
  const places = Array.from({ length: size }, (_, i) => between(i, size, x.shape[axis]));
  const at = (indices: number[]): tf.Tensor4D => tf.gather(x, tf.tensor1d(indices, "int32"), axis);
  const fraction = tf
    .tensor1d(places.map(([, , part]) => part))
    .reshape(axis === 1 ? [size, 1, 1] : [size, 1]);
  const low = at(places.map(([index]) => index));
  const high = at(places.map(([, index]) => index));
  return tf.add(low, tf.mul(tf.sub(high, low), fraction));
}

/** Nearest-neighbour doubling; its gradient is the sum over each 2×2 block. */
const upsample = tf.customGrad((x) => {
  const image = x as tf.Tensor4D;
  return {
    value: tf.image.resizeNearestNeighbor(image, [2 * image.shape[1], 2 * image.shape[2]]),
    gradFunc: (dy) => tf.tidy(() => tf.avgPool(dy, 2, 2, "valid").mul(4)),
  };
}) as (x: tf.Tensor4D) => tf.Tensor4D;

/** gain·w/(‖w‖ + ε) over all axes but the last. With n = ‖w‖, d = n + ε: dw = gain·dy/d − y·⟨dy, y⟩/(gain·n). */
function unitNorm(weight: tf.Tensor, gain: number): tf.Tensor {
  const normalise = tf.customGrad((given, save) => {
    const w = given as tf.Tensor;
    const axes = Array.from({ length: w.rank - 1 }, (_, axis) => axis);
    const norm = tf.sqrt(tf.sum(tf.square(w), axes));
    const factor = tf.div(gain, norm.add(unitEpsilon));
    const y = w.mul(factor);
    (save as tf.GradSaveFunc)([y, norm, factor]);
    return {
      value: y,
      gradFunc: (dy, saved) => {
        const [value, n, f] = saved;
        return tf.tidy(() => {
          const along = tf.sum(tf.mul(dy, value), axes).div(tf.maximum(n, 1e-20).mul(gain));
          return tf.sub(tf.mul(dy, f), tf.mul(value, along));
        });
      },
    };
  });
  return normalise(weight);
}

/** The layout of a parameter in TensorFlow and, both ways, the permutation of axes between it and the canonical one. */
export function engineLayout(shape: Shape): {
  readonly shape: number[];
  readonly toEngine: number[];
  readonly toCanonical: number[];
} {
  const toEngine = shape.length === 4 ? [2, 3, 1, 0] : shape.length === 2 ? [1, 0] : shape.map((_, i) => i);
  const toCanonical = toEngine.map((_, i) => toEngine.indexOf(i));
  return { shape: toEngine.map((axis) => shape[axis]), toEngine, toCanonical };
}
