/**
 * The gradients of convolution in ONNX's standard operators, with kernels on CPU, WebAssembly and WebGPU: for files
 * that run anywhere, and for devices without a lowering of their own.
 */
import { geometryOf } from "../attributes.ts";
import type { Shape, Value } from "../value.ts";
import type { LoweringCall, LoweringRule, LoweringRules } from "./index.ts";

/**
 * dx of a convolution: each pixel of dy spreads over the k×k pixels that it was made from. At stride 1 that is the
 * convolution with the weights turned by 180° and input and output channels exchanged; else it is ConvTranspose.
 */
const convGradInput: LoweringRule = ({ node, inputs: [dy, w], output: dx, op, int64 }) => {
  const { kernel, strides, dilations, pads } = geometryOf(node.attributes);
  const reach = kernel.map((k, i) => dilations[i] * (k - 1));
  const mirrored = pads.map((pad, i) => reach[i % 2] - pad);
  if (strides.some((stride) => stride !== 1) || mirrored.some((pad) => pad < 0)) {
    const covered = [0, 1].map(
      (i) => (pixels(dy)[i] - 1) * strides[i] + reach[i] + 1 - pads[i] - pads[i + 2],
    );
    const rest = pixels(dx).map((size, i) => size - covered[i]);
    return op("ConvTranspose", [dy, w], {
      kernel_shape: kernel,
      strides,
      dilations,
      pads,
      output_padding: rest,
    });
  }
  const exchanged = op("Transpose", [w], { perm: [1, 0, 2, 3] });
  const attributes = { kernel_shape: kernel, strides: [1, 1], dilations, pads: mirrored };
  const area = kernel[0] * kernel[1];
  if (area === 1) return op("Conv", [dy, exchanged], attributes);
  // A turn by 180° is the kernel's k² numbers in reverse order.
  const [channels, filters] = exchanged.shape.map(Number);
  const rows = op("Reshape", [exchanged, int64([channels, filters, area])]);
  const backwards = op("Gather", [rows, int64(Array.from({ length: area }, (_, i) => area - 1 - i))], {
    axis: 2,
  });
  return op("Conv", [dy, op("Reshape", [backwards, int64([channels, filters, ...kernel])])], attributes);
};

/**
 * dw of a convolution: for each place of the kernel the product of dy with the pixels that the place saw, summed over
 * the pixels of an image by a matrix product, and over the images.
 */
const convGradWeight: LoweringRule = (call) => {
  const { node, inputs, output: dw, op, int64 } = call;
  const [filters, channels, ...kernel] = dw.shape.map(Number);
  if ([...kernel, ...inputs.flatMap(pixels)].every((size) => size === 1)) {
    // a dense layer: one product sums over the images
    const [x, dy] = inputs.map((v, i) => op("Reshape", [v, int64([-1, [channels, filters][i]])]));
    const product = op("MatMul", [op("Transpose", [dy], { perm: [1, 0] }), x]);
    return op("Reshape", [product, int64([filters, channels, 1, 1])]);
  }
  const dense = geometryOf(node.attributes).strides.every((stride) => stride === 1);
  const { seen, dy } = dense ? shiftedRows(call) : shiftedImages(call);
  const columns = op("Transpose", [dy], { perm: [0, 2, 1] }); // [N, pixels, O]
  const products = seen.map((x) => op("MatMul", [x, columns])); // [N, C, O] each
  const all = products.length === 1 ? products[0] : op("Concat", products, { axis: 1 });
  const summed = op("ReduceSum", [all, int64([0])], { keepdims: 0 });
  const places = op("Reshape", [summed, int64([kernel[0] * kernel[1], channels, filters])]);
  return op("Reshape", [
    op("Transpose", [places], { perm: [2, 1, 0] }),
    int64([filters, channels, ...kernel]),
  ]);
};

/** What the places of the kernel saw, in their order, each [N, C, pixels], and dy [N, O, pixels]. */
interface Seen {
  readonly seen: readonly Value[];
  readonly dy: Value;
}

/**
 * At stride 1 every place saw the same image, shifted. With rows laid end to end and padded to one length, a shift is a
 * contiguous range; where it runs over the end of a row, dy is padded with zeros.
 */
function shiftedRows({ node, inputs: [x, dy], op, int64 }: LoweringCall): Seen {
  const { kernel, dilations, pads } = geometryOf(node.attributes);
  const [height, width] = pixels(x);
  const [outHeight, outWidth] = pixels(dy);
  const [top, left, bottom, right] = pads;
  const length = left + width + right;
  const beyond = length - outWidth; // how far the last shift runs over the end, for which there is one row more
  const rows = top + height + bottom + Math.sign(beyond);
  const flat = (v: Value, size: number): Value => op("Reshape", [v, int64([0, Number(v.shape[1]), size])]);

  const around = flat(pad(x, [top, left, bottom + Math.sign(beyond), right], op, int64), rows * length);
  const seen = places(kernel).map(([i, j]) => {
    const start = i * dilations[0] * length + j * dilations[1];
    const end = start + outHeight * length;
    return start === 0 && end === rows * length
      ? around
      : op("Slice", [around, int64([start]), int64([end]), int64([2])]);
  });
  return { seen, dy: flat(pad(dy, [0, 0, 0, beyond], op, int64), outHeight * length) };
}

/** With other strides each place saw every s-th pixel of every s-th row. */
function shiftedImages({ node, inputs: [x, dy], op, int64 }: LoweringCall): Seen {
  const { kernel, strides, dilations, pads } = geometryOf(node.attributes);
  const size = pixels(dy);
  const flat = (v: Value): Value => op("Reshape", [v, int64([0, Number(v.shape[1]), size[0] * size[1]])]);
  const around = pad(x, pads, op, int64);
  const seen = places(kernel).map((place) => {
    const starts = place.map((at, i) => at * dilations[i]);
    const ends = starts.map((start, i) => start + (size[i] - 1) * strides[i] + 1);
    return flat(op("Slice", [around, int64(starts), int64(ends), int64([2, 3]), int64(strides)]));
  });
  return { seen, dy: flat(dy) };
}

/** Rows and columns of a kernel in reading order. */
const places = ([height, width]: readonly number[]): [row: number, column: number][] =>
  Array.from({ length: height * width }, (_, i) => [Math.floor(i / width), i % width]);

/** Height and width, which the rules of differentiation have seen to be known. */
const pixels = ({ shape }: { readonly shape: Shape }): number[] => shape.slice(2).map(Number);

/** Zeros around an image: top, left, bottom, right. */
const pad = (
  x: Value,
  pads: readonly number[],
  op: LoweringCall["op"],
  int64: LoweringCall["int64"],
): Value =>
  pads.every((size) => size === 0)
    ? x
    : op("Pad", [x, int64([0, 0, pads[0], pads[1], 0, 0, pads[2], pads[3]])]);

/** Rules for any device: the outcome holds only operators of ONNX's standard domain. */
export const portable: LoweringRules = { ConvGradInput: convGradInput, ConvGradWeight: convGradWeight };
