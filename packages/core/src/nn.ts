/**
 * The vocabulary of score networks: what a network may say, without saying how or in which layout it is computed.
 *
 * An interpreter gives the types a meaning: float64 arrays (`nn/reference.ts`, the definition of every operation),
 * shapes only (`nn/shapes.ts`), TensorFlow.js tensors, names in an ONNX graph. `Image` is [N, C, H, W] and `Vector`
 * [N, K] in meaning; how they lie in memory is each interpreter's affair. In operations on two vectors, and on an
 * image and a vector, N = 1 and K = 1 broadcast.
 */

/** Sizes by axis, the slowest first. */
export type Shape = readonly number[];

/** How a parameter is drawn at the start: a constant, N(0, deviation²) or U[−bound, bound]. */
export type Init =
  | { readonly kind: "constant"; readonly value: number }
  | { readonly kind: "normal"; readonly deviation: number }
  | { readonly kind: "uniform"; readonly bound: number };

/** What a convolution may be told beside its channels. */
export interface ConvOptions {
  /** Kernel height and width; 3 unless told. Odd; the image is padded with dilation·(size − 1)/2 zeros on each side. */
  readonly size?: number;
  /** 1 unless told. Output size ⌈H / stride⌉ for odd kernels: the grid starts at the first pixel, as in PyTorch. */
  readonly stride?: number;
  /** 1 unless told. */
  readonly dilation?: number;
  /** Add a learned bias per channel; true unless told. */
  readonly bias?: boolean;
  /** Normalise the weight to unit norm per output channel: w / (‖w‖ + 1e-4). Folded into the file at export. */
  readonly unit?: boolean;
  /** A fixed factor on the weight, after the normalisation; 1 unless told. Costs no pass over the image. */
  readonly gain?: number;
  /** Weight initialisation; unless told N(0, 1) for unit weights, else U[−1/√fanIn, 1/√fanIn] (bias always). */
  readonly init?: Init;
}

/** A function of each value, of images and of vectors. */
export interface Pointwise<Image, Vector> {
  (x: Image): Image;
  (v: Vector): Vector;
}

/** The same of a dense layer, which has no kernel. */
export type DenseOptions = Pick<ConvOptions, "bias" | "unit" | "gain" | "init">;

/** An interpreter of networks: what every word of the vocabulary means to it. */
export interface Nn<Image, Vector, Weight = unknown> {
  /** A learned array of the given canonical shape (convolutions OIHW, dense [out, in]), bound by the interpreter. */
  parameter(name: string, shape: Shape, init: Init): Weight;
  /** A learned row [1, width]. */
  vector(name: string, width: number, init: Init): Vector;

  /** Convolution to `channels` channels; parameters `name.weight` [O, I, size, size] and `name.bias` [O]. */
  conv(name: string, x: Image, channels: number, options?: ConvOptions): Image;
  /** v · weightᵀ + bias; parameters `name.weight` [width, in] and `name.bias` [width]. */
  dense(name: string, v: Vector, width: number, options?: DenseOptions): Vector;

  /** Sum of two images of one shape. */
  add(a: Image, b: Image): Image;
  /** x · by, where a vector holds a factor per channel. */
  scale(x: Image, by: Vector | number): Image;
  /** x + by, where a vector holds an offset per channel. */
  shift(x: Image, by: Vector | number): Image;
  /** Channels of `a`, then of `b`. */
  concat(a: Image, b: Image): Image;
  /** x with one more channel, all ones: a bias that a zero-padded convolution can see the border by. */
  withOnes(x: Image): Image;

  /** x · sigmoid(x). */
  readonly silu: Pointwise<Image, Vector>;
  /** x for x > 0, else eˣ − 1. */
  readonly elu: Pointwise<Image, Vector>;
  /** max(x, 0). */
  readonly relu: Pointwise<Image, Vector>;

  /** Mean of each 2×2 block; H and W even. */
  meanPool(x: Image): Image;
  /** Maximum over size×size windows with stride 1, padded by ⌊size/2⌋ that never wins (RefineNet's chained pooling). */
  maxPool(x: Image, size: number): Image;
  /** Mean over size×size windows, size odd, with stride 1; what lies beyond the border counts as zeros (NCSN's pooling). */
  blur(x: Image, size: number): Image;
  /** Twice the size, each pixel repeated 2×2. */
  upsample(x: Image): Image;
  /** Bilinear interpolation to the size of `like` with aligned corners. */
  resize(x: Image, like: Image): Image;

  /** Mean and population variance over H and W, each [N, C]. */
  moments(x: Image): { readonly mean: Vector; readonly variance: Vector };
  /** Scaled dot-product attention over the H·W positions of q, k, v [N, C, H, W], C divided into `heads` heads. */
  attention(q: Image, k: Image, v: Image, heads: number): Image;

  times(v: Vector, by: Vector | number): Vector;
  plus(v: Vector, by: Vector | number): Vector;
  /** Natural logarithm. */
  log(v: Vector): Vector;
  /** 1/√v. */
  rsqrt(v: Vector): Vector;
  /** 1/v. */
  reciprocal(v: Vector): Vector;
  /** Mean over the K entries: [N, 1]. With {@link Nn.moments} it makes InstanceNorm++. */
  mean(v: Vector): Vector;
  /** √2·cos(v·frequencies + phases) for v [N, 1]: [N, frequencies.length], each of unit variance over the phase. */
  fourier(v: Vector, frequencies: readonly number[], phases: readonly number[]): Vector;
  /** Row i holds 1 at column v[i] for v [N, 1] of integers, all zeros where v[i] is outside 0 … width − 1. */
  oneHot(v: Vector, width: number): Vector;
  /** Index of the nearest entry of a table sorted in decreasing order, by distance of logarithms, for v [N, 1] > 0. */
  nearest(v: Vector, table: readonly number[]): Vector;

  channels(x: Image): number;
  size(x: Image): readonly [height: number, width: number];
  width(v: Vector): number;
}

/** A network over the vocabulary; its raw output F becomes a score by a parameterization. */
export interface Network<Options extends object = object> {
  /** One line for lists: what it is and its source. */
  readonly summary: string;
  readonly defaults: Readonly<Options>;
  /** The Adam rate that it trains well with, for recipes that name none. */
  readonly rate: number;
  /**
   * @param x the (preconditioned) noisy images [N, C, H, W]
   * @param noise what the network learns about the noise level, [N, 1]: σ, or the parameterization's function of it
   * @param label class numbers [N, 1], −1 for none
   * @returns F, of x's shape
   */
  apply<I, V, W>(nn: Nn<I, V, W>, x: I, noise: V, options: Readonly<Options>, label?: V): I;
}

/** The weight initialisation of a convolution or dense layer that names none. */
export function weightInit({ unit = false, init }: Pick<ConvOptions, "unit" | "init">, fanIn: number): Init {
  return init ?? (unit ? { kind: "normal", deviation: 1 } : { kind: "uniform", bound: 1 / Math.sqrt(fanIn) });
}

/** The bias initialisation of every layer: PyTorch's U[−1/√fanIn, 1/√fanIn]. */
export const biasInit = (fanIn: number): Init => ({ kind: "uniform", bound: 1 / Math.sqrt(fanIn) });

/** Added to the norm of a unit weight, so that a zero weight stays zero (Karras et al. 2024, appendix B.1). */
export const unitEpsilon = 1e-4;

/**
 * Pixels of zero padding on each side that make a stride-1 convolution keep its size.
 * @throws RangeError for even kernels, which no padding centres
 */
export function samePadding(size: number, dilation: number): number {
  if (size % 2 !== 1) throw new RangeError(`invalid kernel size: ${size} (need an odd number)`);
  return (dilation * (size - 1)) / 2;
}
