/**
 * The layout of ONNX Runtime's fast convolutions on CPU: images with a whole number of channel blocks are kept as
 * [N, C/b, H, W, b] from one end of a graph to the other. The runtime does that by itself to models whose weights are
 * constants; a training step's are not, and its gradients are no operators that the runtime knows.
 *
 * What has no form in blocks is computed on plain images, with reorderings between; so is every gradient of a
 * convolution that is none here, which `portable.ts` then takes. It is long because it is one case for each operator.
 */
import { geometryOf } from "../attributes.ts";
import { tape, type Graph, type Node, type Operand } from "../graph.ts";
import type { Attributes, OpType } from "../operators.ts";
import type { Value } from "../value.ts";

/** Numbers of a processor's channel block that ONNX Runtime has. */
export const blockSizes = [8, 16] as const;

/** What a rule sees of a node; values of the old graph are known by name. */
interface Call {
  readonly node: Node;
  /** The value of input `i` in the old graph. */
  readonly old: (i: number) => Value;
  /** The node's own value in the old graph. */
  readonly output: Value;
  /** Whether input `i` is in blocks by now. */
  readonly isBlocked: (i: number) => boolean;
  /** Input `i` as a plain value. */
  readonly plain: (i: number) => Value;
  /** Input `i` in blocks, reordered where it has to be. */
  readonly blocked: (i: number) => Value;
  readonly numbers: (i: number) => readonly number[];
  readonly op: (op: OpType, operands: readonly Operand[], attributes?: Attributes) => Value;
  readonly reshape: (x: Value, shape: readonly number[]) => Value;
  readonly int64: (numbers: readonly number[]) => Value;
  /** A float32 constant. */
  readonly ones: (shape: readonly number[]) => Value;
  readonly block: number;
  /** Whether a value can be in blocks: an image of more than a pixel with whole blocks of channels. */
  readonly fits: (x: Value) => boolean;
}

/** Writes a node in blocks, or returns undefined where that cannot be or would not pay. */
type BlockedRule = (call: Call) => { readonly blocked: Value } | { readonly plain: Value } | undefined;

/**
 * Puts a graph of known sizes into blocks.
 * @param block the processor's block size
 * @returns a graph with the same inputs and outputs; gradients of convolutions may be left for `portable.ts`
 */
export function toBlocked(graph: Graph, block: number): Graph {
  const recording = tape(graph.name);
  const plainOf = new Map<string, Value>();
  const blockedOf = new Map<string, Value>();
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  for (const { name, type, shape } of graph.inputs) plainOf.set(name, recording.input(name, type, shape));
  const fits = ({ shape, type }: Value): boolean =>
    type === "float32" &&
    shape.length === 4 &&
    Number(shape[1]) % block === 0 &&
    Number(shape[2]) * Number(shape[3]) > 1;

  const plain = (name: string): Value => {
    const known = plainOf.get(name);
    if (known !== undefined) return known;
    const constant = graph.constants.get(name);
    const inBlocks = blockedOf.get(name);
    if (constant === undefined && inBlocks === undefined)
      throw new Error(`the graph ${graph.name} has no value ${name}`);
    const made =
      constant !== undefined
        ? recording.constant(constant.data, constant.shape, { type: constant.type })
        : recording.op(
            "ReorderOutput",
            [inBlocks],
            { channels: Number(inBlocks?.shape[1]) },
            `${name}.plain`,
          );
    plainOf.set(name, made);
    return made;
  };
  const blocked = (name: string): Value => {
    const known = blockedOf.get(name) ?? recording.op("ReorderInput", [plain(name)], {}, `${name}.blocked`);
    blockedOf.set(name, known);
    return known;
  };

  for (const node of graph.nodes) {
    const [name] = node.outputs;
    const rule: BlockedRule | undefined = rules[node.op];
    const op: Call["op"] = (type, operands, attributes = {}) =>
      recording.op(type, operands, attributes, outputs.has(name) ? `${name}.value` : name);
    const int64: Call["int64"] = (numbers) => recording.constant(numbers, undefined, { type: "int64" });
    const result = rule?.({
      node,
      old: (i) => graph.values.get(node.inputs[i]) as Value,
      output: graph.values.get(name) as Value,
      isBlocked: (i) => blockedOf.has(node.inputs[i]),
      plain: (i) => plain(node.inputs[i]),
      blocked: (i) => blocked(node.inputs[i]),
      numbers: (i) => [...(graph.constants.get(node.inputs[i])?.data ?? [])],
      op,
      reshape: (x, shape) => op("Reshape", [x, int64(shape)]),
      int64,
      ones: (shape) => recording.constant(new Float64Array(shape.reduce((a, b) => a * b, 1)).fill(1), shape),
      block,
      fits,
    });
    if (node.op === "Identity") plainOf.set(name, plain(node.inputs[0]));
    else if (result === undefined)
      plainOf.set(
        name,
        op(
          node.op,
          node.inputs.map((input) => (input === "" ? undefined : plain(input))),
          node.attributes,
        ),
      );
    else if ("blocked" in result) blockedOf.set(name, result.blocked);
    else plainOf.set(name, result.plain);
  }
  for (const { name } of graph.outputs) recording.output(name, plain(name));
  return recording.graph();
}

/** The five axes that a blocked image has in memory. */
const five = ({ shape: [n, c, height, width] }: Value, block: number): number[] => [
  Number(n),
  Number(c) / block,
  Number(height),
  Number(width),
  block,
];

/** Functions of each element; a vector by channel takes part as [N, C/b, 1, 1, b]. */
const elementwise: BlockedRule = ({
  node,
  old,
  output,
  isBlocked,
  plain,
  blocked,
  op,
  reshape,
  block,
  fits,
}) => {
  if (!fits(output) || !node.inputs.some((_, i) => isBlocked(i))) return undefined;
  const kinds = node.inputs.map((_, i) => {
    const { shape } = old(i);
    if (shape.join() === output.shape.join()) return "image";
    const [n, c, ...size] = shape.length === 4 ? shape : [1, ...shape.map((s) => (s === 1 ? 1 : NaN)), 1];
    if (size.some((pixels) => pixels !== 1)) return "other";
    return c === 1 || shape.length < 4
      ? "number"
      : n !== undefined && c === output.shape[1]
        ? "channels"
        : "other";
  });
  if (kinds.includes("other")) return undefined;
  const wide = kinds.includes("channels");
  const operands = kinds.map((kind, i) => {
    if (kind === "channels") {
      const [n, c] = old(i).shape;
      return reshape(plain(i), [Number(n), Number(c) / block, 1, 1, block]);
    }
    if (kind === "image") return wide ? reshape(blocked(i), five(output, block)) : blocked(i);
    const value = plain(i);
    return wide && value.shape.length === 4 ? reshape(value, [Number(value.shape[0]), 1, 1, 1, 1]) : value;
  });
  const result = op(node.op, operands, node.attributes);
  return { blocked: wide ? reshape(result, output.shape.map(Number)) : result };
};

/** A sum over the pixels of images, or over those of all images, or over everything: one number a channel, or one. */
const reduceSum: BlockedRule = ({ node, output, isBlocked, blocked, numbers, op, reshape, int64, block }) => {
  const axes = numbers(1);
  if (!isBlocked(0) || !axes.includes(2) || !axes.includes(3)) return undefined;
  const inFive = axes.includes(1) ? [...axes, 4] : axes;
  const x = blocked(0);
  const sum = op("ReduceSum", [reshape(x, five(x, block)), int64(inFive)], {
    ...node.attributes,
    keepdims: 1,
  });
  return { plain: reshape(sum, output.shape.map(Number)) };
};

const conv: BlockedRule = (call) => {
  const { node, old, output, isBlocked, plain, blocked, op, reshape, block, fits } = call;
  const { kernel, strides, dilations, pads } = geometryOf(node.attributes);
  const [filters, channels] = old(1).shape.map(Number);
  const narrow = channels < block;
  if (!fits(output) && !(isBlocked(0) && filters < block)) return undefined;
  if (node.inputs.length > 2 || strides.some((stride) => stride !== 1) || (!narrow && !fits(old(0))))
    return undefined;
  const geometry = { kernel_shape: kernel, strides, dilations, pads };
  const whole = Math.ceil(filters / block) * block;
  const area = kernel[0] * kernel[1];
  const padded =
    whole === filters ? plain(1) : op("Pad", [plain(1), call.int64([0, 0, 0, 0, whole - filters, 0, 0, 0])]);
  const parts = narrow
    ? op("Transpose", [reshape(padded, [whole / block, block, channels, area])], { perm: [0, 2, 3, 1] })
    : op("Transpose", [reshape(padded, [whole / block, block, channels / block, block, area])], {
        perm: [0, 2, 4, 3, 1],
      });
  const weight = reshape(parts, [whole, channels, ...kernel]);
  const y = op("BlockedConv", [narrow ? plain(0) : blocked(0), weight], geometry);
  return whole === filters ? { blocked: y } : { plain: op("ReorderOutput", [y], { channels: filters }) };
};

/** dx is the convolution of dy with the kernel turned by 180° and input and output channels exchanged. */
const convGradInput: BlockedRule = ({
  node,
  old,
  output,
  isBlocked,
  plain,
  blocked,
  op,
  reshape,
  int64,
  block,
  fits,
}) => {
  const { kernel, strides, dilations, pads } = geometryOf(node.attributes);
  const [filters, channels] = old(1).shape.map(Number);
  const narrow = filters < block;
  if (!fits(output) || strides.some((stride) => stride !== 1) || (!narrow && !isBlocked(0))) return undefined;
  const mirrored = pads.map((pad, i) => dilations[i % 2] * (kernel[i % 2] - 1) - pad);
  const area = kernel[0] * kernel[1];
  const turned = narrow
    ? op("Transpose", [reshape(plain(1), [filters, channels / block, block, area])], { perm: [1, 0, 3, 2] })
    : op("Transpose", [reshape(plain(1), [filters / block, block, channels / block, block, area])], {
        perm: [2, 0, 4, 1, 3],
      });
  const order = int64(Array.from({ length: area }, (_, i) => area - 1 - i));
  const parts = area === 1 ? turned : op("Gather", [turned, order], { axis: 2 });
  const weight = reshape(parts, [channels, filters, ...kernel]);
  const geometry = { kernel_shape: kernel, strides, dilations, pads: mirrored };
  return { blocked: op("BlockedConv", [narrow ? plain(0) : blocked(0), weight], geometry) };
};

/**
 * dw is, for each place of the kernel, the product of x with the pixels of dy that it took part in: one of the two
 * images shifted against the other. The one with more channels is plain, [channels, pixels], and stays; the other is
 * in blocks, [pixels, b], and is shifted. Then no matrix has to be transposed, and rows of pixels are copied whole.
 */
const convGradWeight: BlockedRule = (call) => {
  const { node, old, output, plain, blocked, op, reshape, int64, block, fits } = call;
  const { kernel, strides, dilations, pads } = geometryOf(node.attributes);
  const [x, dy] = [old(0), old(1)];
  const staysX = fits(dy) && (!fits(x) || Number(x.shape[1]) >= Number(dy.shape[1]));
  if (strides.some((stride) => stride !== 1) || !fits(staysX ? dy : x)) return undefined;
  const [n, rows, height, width] = (staysX ? x : dy).shape.map(Number);
  const columns = Number((staysX ? dy : x).shape[1]) / block;
  const reach = kernel.map((k, i) => dilations[i] * (k - 1));
  const [top, left, bottom, right] = staysX ? pads.map((pad, i) => reach[i % 2] - pad) : pads;

  const still = reshape(plain(staysX ? 0 : 1), [n, 1, rows, height * width]);
  const moving = blocked(staysX ? 1 : 0);
  const image = reshape(moving, five(moving, block));
  const padded =
    reach.join() === "0,0" ? image : op("Pad", [image, int64([0, 0, top, left, 0, 0, 0, bottom, right, 0])]);
  const products = Array.from({ length: kernel[0] * kernel[1] }, (_, place) => {
    const starts = [Math.floor(place / kernel[1]), place % kernel[1]].map((index, i) =>
      staysX ? reach[i] - index * dilations[i] : index * dilations[i],
    );
    const ends = [starts[0] + height, starts[1] + width];
    const seen = padded === image ? image : op("Slice", [padded, int64(starts), int64(ends), int64([2, 3])]);
    return op("MatMul", [still, reshape(seen, [n, columns, height * width, block])]);
  });
  const parts = reshape(sumOverImages(call, products), [products.length, columns, rows, block]);
  const perm = staysX ? [1, 3, 2, 0] : [2, 1, 3, 0];
  return { plain: reshape(op("Transpose", [parts], { perm }), output.shape.map(Number)) };
};

/** The sum over the first axis of arrays [n, m, …]: as a product with ones, since ReduceSum is several times slower. */
function sumOverImages({ op, reshape, ones }: Call, arrays: readonly Value[]): Value {
  const all = arrays.length === 1 ? arrays[0] : op("Concat", arrays, { axis: 1 });
  const [n, ...rest] = all.shape.map(Number);
  return op("MatMul", [ones([1, n]), reshape(all, [n, rest.reduce((a, b) => a * b, 1)])]);
}

/** Blocks lie one after the other, so images are joined along the channels as plain ones are. */
const concat: BlockedRule = ({ node, old, output, isBlocked, blocked, op, fits }) => {
  const images = node.inputs.map((_, i) => i);
  if (
    node.attributes.axis !== 1 ||
    !fits(output) ||
    !images.every((i) => fits(old(i))) ||
    !images.some(isBlocked)
  )
    return undefined;
  return { blocked: op("Concat", images.map(blocked), { axis: 1 }) };
};

/** A range of whole blocks. */
const slice: BlockedRule = ({ output, isBlocked, blocked, numbers, op, int64, block, fits }) => {
  const [[start], [end], axes, steps] = [numbers(1), numbers(2), numbers(3), numbers(4)];
  const whole =
    axes.join() === "1" && steps.every((step) => step === 1) && start % block === 0 && end % block === 0;
  if (!whole || !isBlocked(0) || !fits(output)) return undefined;
  return { blocked: op("Slice", [blocked(0), int64([start]), int64([end]), int64([1])]) };
};

const averagePool: BlockedRule = ({ node, isBlocked, blocked, output, op, fits }) => {
  const { kernel, strides, pads } = geometryOf(node.attributes);
  const halving = kernel.join() === "2,2" && strides.join() === "2,2" && pads.every((pad) => pad === 0);
  if (!halving || !isBlocked(0) || !fits(output)) return undefined;
  return {
    blocked: op("BlockedAveragePool", [blocked(0)], {
      kernel_shape: [2, 2],
      strides: [2, 2],
      pads: [0, 0, 0, 0],
    }),
  };
};

const resize: BlockedRule = ({ node, isBlocked, blocked, numbers, op }) => {
  if (node.attributes.mode !== "nearest" || numbers(2).join() !== "1,1,2,2" || !isBlocked(0))
    return undefined;
  return { blocked: op("BlockedUpsample", [blocked(0)], { scales: [1, 1, 2, 2], mode: "nearest" }) };
};

const rules: Readonly<Partial<Record<OpType, BlockedRule>>> = {
  Add: elementwise,
  Sub: elementwise,
  Mul: elementwise,
  Div: elementwise,
  Neg: elementwise,
  Sigmoid: elementwise,
  Relu: elementwise,
  Elu: elementwise,
  Exp: elementwise,
  Sqrt: elementwise,
  ReduceSum: reduceSum,
  Conv: conv,
  ConvGradInput: convGradInput,
  ConvGradWeight: convGradWeight,
  Concat: concat,
  Slice: slice,
  AveragePool: averagePool,
  Resize: resize,
};
