/**
 * The operators that a graph may hold: those of ONNX's standard domain, opset 17, with kernels for CPU, WebAssembly
 * and WebGPU in ONNX Runtime. Each says which attributes it has and which shape it makes; a new one is an entry here.
 *
 * Exported models hold only those whose CPU kernels give an image the same bits in any batch. Log, Cos, Sin, Elu,
 * Softplus, LogSoftmax, ReduceMean and Gemm do not (they compute the ends of an array, or a single row, in another way): they are
 * here for other graphs, and `onnx-nn.ts` says what stands in. It is long because it is all of them in one table.
 */
import { runtimeOperators } from "./runtime-operators.ts";
import { typeText, type ElementType, type Shape, type Value, type ValueType } from "./value.ts";

/** How an attribute is encoded. */
export type AttributeKind = "float" | "int" | "ints" | "string";
export type Attribute = number | string | readonly number[];
export type Attributes = Readonly<Record<string, Attribute>>;

/** What a shape rule sees of a node. */
export interface Call {
  /** Absent optional inputs are undefined. */
  readonly inputs: readonly (Value | undefined)[];
  readonly attributes: Attributes;
  /** The numbers of input `i`. @throws TypeError where it is not a constant */
  readonly numbers: (i: number) => readonly number[];
}

export interface Operator {
  readonly attributes: Readonly<Record<string, AttributeKind>>;
  /** The types and shapes of the outputs. @throws TypeError where the inputs do not fit */
  readonly outputs: (call: Call) => readonly ValueType[];
  /** The domain of ONNX Runtime's that it belongs to, instead of the standard one. */
  readonly domain?: string;
  /** What ONNX calls it, where that is not its name here. */
  readonly type?: string;
  /** Its inputs broadcast against one another. */
  readonly broadcasts?: true;
  /** Not ONNX's: a graph may hold it until a lowering writes it as operators that are (`lowering/`). */
  readonly internal?: true;
}

/** ONNX's numbers of the element types (TensorProto.DataType). */
export const elementTypes = {
  float32: 1,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
} as const satisfies Record<ElementType, number>;

const pointwise: Operator = { attributes: {}, outputs: ({ inputs }) => [required(inputs, 0)] };
const arithmetic: Operator = {
  attributes: {},
  broadcasts: true,
  outputs: ({ inputs }) => [broadcast(inputs)],
};
const comparison: Operator = {
  attributes: {},
  broadcasts: true,
  outputs: ({ inputs }) => [{ type: "bool", shape: broadcast(inputs).shape }],
};

export const operators = {
  Add: arithmetic,
  Sub: arithmetic,
  Mul: arithmetic,
  Div: arithmetic,
  Less: comparison,
  Equal: comparison,

  Abs: pointwise,
  Clip: pointwise,
  Cos: pointwise,
  Elu: { ...pointwise, attributes: { alpha: "float" } },
  Erf: pointwise,
  Exp: pointwise,
  Floor: pointwise,
  Identity: pointwise,
  Log: pointwise,
  LogSoftmax: { ...pointwise, attributes: { axis: "int" } },
  Neg: pointwise,
  Reciprocal: pointwise,
  Relu: pointwise,
  Sigmoid: pointwise,
  Sin: pointwise,
  Softmax: { ...pointwise, attributes: { axis: "int" } },
  Softplus: pointwise,
  Sqrt: pointwise,
  Tanh: pointwise,

  Where: {
    attributes: {},
    outputs({ inputs }) {
      const [condition, a, b] = inputs;
      if (condition?.type !== "bool")
        throw new TypeError(`cannot choose by ${typeText(condition)} (need bool)`);
      const chosen = broadcast([a, b]);
      return [broadcast([chosen, { ...chosen, shape: condition.shape }])];
    },
  },

  Cast: {
    attributes: { to: "int" },
    outputs: ({ inputs, attributes }) => [
      { type: typeOfNumber(attributes.to), shape: required(inputs, 0).shape },
    ],
  },

  Conv: {
    attributes: { kernel_shape: "ints", strides: "ints", dilations: "ints", pads: "ints", group: "int" },
    outputs({ inputs, attributes }) {
      const [x, w] = [required(inputs, 0), required(inputs, 1)];
      const [n, channels, ...size] = x.shape;
      const [filters, perGroup, ...kernel] = w.shape;
      const { group = 1, dilations = [1, 1] } = attributes;
      if (channels !== Number(perGroup) * Number(group))
        throw new TypeError(`cannot convolve ${typeText(x)} with ${typeText(w)}`);
      const reach = kernel.map((k, i) => (Number(k) - 1) * list(dilations)[i] + 1);
      return [{ type: x.type, shape: [n, filters, ...windows(size, reach, attributes)] }];
    },
  },
  ConvTranspose: {
    attributes: {
      kernel_shape: "ints",
      strides: "ints",
      dilations: "ints",
      pads: "ints",
      output_padding: "ints",
    },
    outputs({ inputs, attributes }) {
      const [dy, w] = [required(inputs, 0), required(inputs, 1)];
      const [n, filters, ...size] = dy.shape;
      const [expected, channels, ...kernel] = w.shape;
      if (filters !== expected) throw new TypeError(`cannot convolve ${typeText(dy)} with ${typeText(w)}`);
      const {
        strides = [1, 1],
        dilations = [1, 1],
        pads = [0, 0, 0, 0],
        output_padding: extra = [0, 0],
      } = attributes;
      const grid = size.map(
        (pixels, i) =>
          (Number(pixels) - 1) * list(strides)[i] +
          (Number(kernel[i]) - 1) * list(dilations)[i] +
          1 +
          list(extra)[i] -
          list(pads)[i] -
          list(pads)[i + size.length],
      );
      return [{ type: dy.type, shape: [n, channels, ...grid] }];
    },
  },

  // The two gradients of y = Conv(x, w). With Conv they are the three faces of one form that is linear in x, w and y,
  // Σ y[n,o,p]·w[o,c,k]·x[n,c,s·p+d·k−pad], which is summed over all but one of them.
  /** dx of Conv from dy [N, O, …] and w [O, C, k, k]: an image [N, C, ...size]. */
  ConvGradInput: {
    internal: true,
    attributes: { kernel_shape: "ints", strides: "ints", dilations: "ints", pads: "ints", size: "ints" },
    outputs({ inputs, attributes }) {
      const [dy, w] = [required(inputs, 0), required(inputs, 1)];
      if (dy.shape[1] !== w.shape[0])
        throw new TypeError(`cannot convolve ${typeText(dy)} with ${typeText(w)}`);
      return [{ type: dy.type, shape: [dy.shape[0], w.shape[1], ...list(attributes.size)] }];
    },
  },
  /** dw of Conv from x [N, C, H, W] and dy [N, O, …]: a weight [O, C, ...kernel_shape]. */
  ConvGradWeight: {
    internal: true,
    attributes: { kernel_shape: "ints", strides: "ints", dilations: "ints", pads: "ints" },
    outputs({ inputs, attributes }) {
      const [x, dy] = [required(inputs, 0), required(inputs, 1)];
      if (x.shape[0] !== dy.shape[0]) throw new TypeError(`cannot pair ${typeText(x)} with ${typeText(dy)}`);
      return [{ type: x.type, shape: [dy.shape[1], x.shape[1], ...list(attributes.kernel_shape)] }];
    },
  },

  AveragePool: {
    attributes: { kernel_shape: "ints", strides: "ints", pads: "ints", count_include_pad: "int" },
    outputs: pool,
  },
  MaxPool: {
    attributes: { kernel_shape: "ints", strides: "ints", pads: "ints" },
    outputs: pool,
  },
  GlobalAveragePool: {
    attributes: {},
    outputs: ({ inputs }) => [reduced(required(inputs, 0), [2, 3], true)],
  },
  Resize: {
    attributes: { mode: "string", coordinate_transformation_mode: "string", nearest_mode: "string" },
    outputs({ inputs, numbers }) {
      const x = required(inputs, 0);
      const scales = numbers(2);
      return [
        {
          type: x.type,
          shape: x.shape.map((size, i) => (scales[i] === 1 ? size : Math.floor(Number(size) * scales[i]))),
        },
      ];
    },
  },

  ReduceLogSum: {
    attributes: { axes: "ints", keepdims: "int" },
    outputs: ({ inputs, attributes }) => [
      reduced(required(inputs, 0), list(attributes.axes), attributes.keepdims !== 0),
    ],
  },
  ReduceMax: {
    attributes: { axes: "ints", keepdims: "int" },
    outputs: ({ inputs, attributes }) => [
      reduced(required(inputs, 0), list(attributes.axes), attributes.keepdims !== 0),
    ],
  },
  ReduceMean: {
    attributes: { axes: "ints", keepdims: "int" },
    outputs: ({ inputs, attributes }) => [
      reduced(required(inputs, 0), list(attributes.axes), attributes.keepdims !== 0),
    ],
  },
  ReduceSum: {
    attributes: { keepdims: "int" },
    outputs: ({ inputs, attributes, numbers }) => [
      reduced(required(inputs, 0), numbers(1), attributes.keepdims !== 0),
    ],
  },

  MatMul: {
    attributes: {},
    outputs({ inputs }) {
      const [a, b] = [required(inputs, 0), required(inputs, 1)];
      if (a.shape.at(-1) !== b.shape.at(-2))
        throw new TypeError(`cannot multiply ${typeText(a)} by ${typeText(b)}`);
      const batch = broadcast([
        { ...a, shape: a.shape.slice(0, -2) },
        { ...b, shape: b.shape.slice(0, -2) },
      ]);
      return [
        { type: a.type, shape: [...batch.shape, a.shape[a.shape.length - 2], b.shape[b.shape.length - 1]] },
      ];
    },
  },

  Gemm: {
    attributes: { alpha: "float", beta: "float", transA: "int", transB: "int" },
    outputs({ inputs, attributes: { transA = 0, transB = 0 } }) {
      const [a, b] = [required(inputs, 0), required(inputs, 1)];
      const [rows, inner] = transA === 0 ? a.shape : a.shape.toReversed();
      const [expected, columns] = transB === 0 ? b.shape : b.shape.toReversed();
      if (inner !== expected) throw new TypeError(`cannot multiply ${typeText(a)} by ${typeText(b)}`);
      return [{ type: a.type, shape: [rows, columns] }];
    },
  },

  Concat: {
    attributes: { axis: "int" },
    outputs({ inputs, attributes }) {
      const first = required(inputs, 0);
      const axis = Number(attributes.axis);
      const total = inputs.reduce((sum, value) => sum + Number(value?.shape[axis]), 0);
      for (const value of inputs)
        if (value?.shape.some((size, i) => i !== axis && size !== first.shape[i]) !== false)
          throw new TypeError(
            `cannot join ${inputs.map((v) => typeText(v)).join(" and ")} along axis ${axis}`,
          );
      return [{ type: first.type, shape: first.shape.map((size, i) => (i === axis ? total : size)) }];
    },
  },
  Expand: {
    attributes: {},
    outputs({ inputs, numbers }) {
      const x = required(inputs, 0);
      return [broadcast([x, { type: x.type, shape: numbers(1) }])];
    },
  },
  Gather: {
    attributes: { axis: "int" },
    outputs({ inputs, attributes: { axis = 0 } }) {
      const [x, indices] = [required(inputs, 0), required(inputs, 1)];
      return [{ type: x.type, shape: x.shape.toSpliced(Number(axis), 1, ...indices.shape) }];
    },
  },
  Pad: {
    attributes: { mode: "string" },
    outputs({ inputs, numbers }) {
      const x = required(inputs, 0);
      const pads = numbers(1);
      const rank = x.shape.length;
      return [{ type: x.type, shape: x.shape.map((size, i) => grown(size, pads[i] + pads[rank + i])) }];
    },
  },
  Reshape: {
    attributes: {},
    outputs: ({ inputs, numbers }) => [reshaped(required(inputs, 0), numbers(1))],
  },
  Slice: {
    attributes: {},
    outputs({ inputs, numbers }) {
      const x = required(inputs, 0);
      const [starts, ends, axes] = [numbers(1), numbers(2), numbers(3)];
      const steps = inputs[4] === undefined ? axes.map(() => 1) : numbers(4);
      const shape = [...x.shape];
      axes.forEach((axis, i) => {
        const size = shape[axis];
        if (typeof size === "string") throw new TypeError(`cannot cut the symbolic dimension ${size}`);
        const [from, to] = [starts[i], ends[i]].map((at) => sliceEnd(at, size, steps[i]));
        shape[axis] = Math.max(0, Math.ceil((to - from) / steps[i]));
      });
      return [{ type: x.type, shape }];
    },
  },
  Transpose: {
    attributes: { perm: "ints" },
    outputs({ inputs, attributes }) {
      const x = required(inputs, 0);
      return [{ type: x.type, shape: list(attributes.perm).map((from) => x.shape[from]) }];
    },
  },

  ...runtimeOperators,
} as const satisfies Record<string, Operator>;

/** The name of an operator that a graph may hold. */
export type OpType = keyof typeof operators;

/** Whether graphs may hold an operator of this name. */
export const isOpType = (name: string): name is OpType => Object.hasOwn(operators, name);

function required(inputs: readonly (Value | undefined)[], i: number): Value {
  const value = inputs[i];
  if (value === undefined) throw new TypeError(`input ${i} is missing`);
  return value;
}

const list = (attribute: Attribute): readonly number[] => {
  if (typeof attribute !== "object")
    throw new TypeError(`invalid attribute: ${attribute} (need a list of numbers)`);
  return attribute;
};

function typeOfNumber(number: Attribute): ElementType {
  const found = (Object.keys(elementTypes) as ElementType[]).find((type) => elementTypes[type] === number);
  if (found === undefined) throw new TypeError(`unknown element type: ${String(number)}`);
  return found;
}

/**
 * Where a slice's start or end lies among `size` elements: negative ones count from the end, and those beyond an end
 * stop there, which for a negative step is before the first element.
 */
export function sliceEnd(at: number, size: number, step: number): number {
  const counted = at < 0 ? at + size : at;
  return step > 0 ? Math.min(Math.max(counted, 0), size) : Math.min(Math.max(counted, -1), size - 1);
}

/** NumPy's broadcasting of two; a symbolic dimension goes with itself and with 1. @throws TypeError */
export function broadcast(inputs: readonly (ValueType | undefined)[]): ValueType {
  const [a, b] = inputs;
  if (a === undefined || b === undefined || a.type !== b.type)
    throw new TypeError(`cannot combine ${typeText(a)} with ${typeText(b)}`);
  const rank = Math.max(a.shape.length, b.shape.length);
  const shape = Array.from({ length: rank }, (_, i) => {
    const p = a.shape[i - rank + a.shape.length] ?? 1;
    const q = b.shape[i - rank + b.shape.length] ?? 1;
    if (p !== q && p !== 1 && q !== 1)
      throw new TypeError(`cannot combine ${typeText(a)} with ${typeText(b)}`);
    return p === 1 ? q : p;
  });
  return { type: a.type, shape };
}

/** Output size of windows that reach over `reach` pixels. */
function windows(
  size: Shape,
  reach: readonly number[],
  { strides = [1, 1], pads = [0, 0, 0, 0] }: Attributes,
): Shape {
  return size.map((pixels, i) => {
    const padded = Number(pixels) + list(pads)[i] + list(pads)[i + size.length];
    return Math.floor((padded - reach[i]) / list(strides)[i]) + 1;
  });
}

function pool({ inputs, attributes }: Call): readonly ValueType[] {
  const { type, shape } = required(inputs, 0);
  return [
    {
      type,
      shape: [...shape.slice(0, 2), ...windows(shape.slice(2), list(attributes.kernel_shape), attributes)],
    },
  ];
}

function reduced({ type, shape }: Value, axes: readonly number[], keep: boolean): ValueType {
  return { type, shape: shape.flatMap((size, i) => (axes.includes(i) ? (keep ? [1] : []) : [size])) };
}

function grown(size: number | string, by: number): number | string {
  if (by === 0) return size;
  if (typeof size === "string") throw new TypeError(`cannot pad the symbolic dimension ${size}`);
  return size + by;
}

/** 0 copies a dimension; −1 takes what is left, which may be one symbolic dimension. */
function reshaped(x: Value, target: readonly number[]): ValueType {
  const copied = target.map((size, i) => (size === 0 ? x.shape[i] : size));
  const rest = x.shape.filter((size, i) => target[i] !== 0 && size !== 1);
  const known = copied.filter((size, i) => target[i] !== 0 && size !== -1) as number[];
  const symbols = rest.filter((size) => typeof size === "string");
  const have = product(rest.filter((size) => typeof size === "number"));
  const want = product(known);
  const free = copied.includes(-1);
  if (symbols.length > (free ? 1 : 0) || (free && symbols.length === 0 ? have % want !== 0 : have !== want))
    throw new TypeError(`cannot reshape ${typeText(x)} to [${target.join(", ")}]`);
  return { type: x.type, shape: copied.map((size) => (size === -1 ? (symbols[0] ?? have / want) : size)) };
}

const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1);
