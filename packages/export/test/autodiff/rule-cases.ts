/**
 * One case or more for every rule of differentiation, on odd sizes: a small graph that uses the operator. The suites
 * hold its first and second derivatives against differences, and its lowered graph in ONNX Runtime against float64.
 * It is long because it is one list.
 */
import { key, normals, split, values, type Values } from "@ncsn/core";
import type { Attributes, OpType, Operand, Tape, Value } from "@ncsn/export";

export interface RuleCase {
  readonly name: string;
  readonly op: OpType;
  /** Shapes of the float32 inputs x₀, x₁, …; "batch" is a symbolic dimension, 3 when the graph runs. */
  readonly inputs: readonly (readonly (number | "batch")[])[];
  /** Inputs are normals, or numbers in [½, 2½], where a function is not defined or not smooth everywhere. */
  readonly positive?: true;
  readonly build: (tape: Tape, ...inputs: Value[]) => Value;
}

/** Size of the symbolic dimension. */
export const batch = 3;

const pointwise = (op: OpType, attributes: Attributes = {}, positive?: true): RuleCase => ({
  name: op,
  op,
  inputs: [["batch", 3, 5, 1]],
  positive,
  build: (tape, x) => tape.op(op, [x], attributes),
});

const arithmetic = (op: OpType, positive?: true): RuleCase[] => {
  const shapes: [string, RuleCase["inputs"]][] = [
    [
      "of one shape",
      [
        ["batch", 3, 5],
        ["batch", 3, 5],
      ],
    ],
    [
      "image and vector",
      [
        ["batch", 3, 5, 1],
        ["batch", 3, 1, 1],
      ],
    ],
    [
      "row and column",
      [
        [1, 5],
        ["batch", 1],
      ],
    ],
    [
      "of two ranks",
      [
        [5, 1],
        ["batch", 2, 1, 7],
      ],
    ],
    ["with a scalar", [[], ["batch", 3]]],
  ];
  return shapes.map(([name, inputs]) => ({
    name: `${op} ${name}`,
    op,
    inputs,
    positive,
    build: (tape, a, b) => tape.op(op, [a, b]),
  }));
};

const geometry = (size: number, stride = 1, dilation = 1, pad = (dilation * (size - 1)) / 2): Attributes => ({
  kernel_shape: [size, size],
  strides: [stride, stride],
  dilations: [dilation, dilation],
  pads: [pad, pad, pad, pad],
});

/** Image 3 channels, weight 3 → 2 channels; each of the three faces of the convolution is a case. */
const convolutions = (
  name: string,
  [height, width]: [number, number],
  attributes: Attributes,
): RuleCase[] => {
  const kernel = attributes.kernel_shape as readonly number[];
  const x = ["batch", 3, height, width] as const;
  const w = [2, 3, ...kernel];
  const grid = [height, width].map((size, i) => {
    const list = (key: string) => attributes[key] as readonly number[];
    const [before, after] = [list("pads")[i], list("pads")[i + 2]];
    return (
      Math.floor((size + before + after - list("dilations")[i] * (kernel[i] - 1) - 1) / list("strides")[i]) +
      1
    );
  });
  const y = ["batch", 2, ...grid] as const;
  return [
    {
      name: `Conv ${name}`,
      op: "Conv",
      inputs: [x, w, [2]],
      build: (tape, ...all) => tape.op("Conv", all, attributes),
    },
    {
      name: `ConvGradInput ${name}`,
      op: "ConvGradInput",
      inputs: [y, w],
      build: (tape, ...all) => tape.op("ConvGradInput", all, { ...attributes, size: [height, width] }),
    },
    {
      name: `ConvGradWeight ${name}`,
      op: "ConvGradWeight",
      inputs: [x, y],
      build: (tape, ...all) => tape.op("ConvGradWeight", all, attributes),
    },
  ];
};

const int64 = (tape: Tape, numbers: readonly number[]): Value =>
  tape.constant(numbers, undefined, { type: "int64" });

const slice = (tape: Tape, x: Operand, ...lists: (readonly number[])[]): Value =>
  tape.op("Slice", [x, ...lists.map((list) => int64(tape, list))]);

export const ruleCases: readonly RuleCase[] = [
  ...arithmetic("Add"),
  ...arithmetic("Sub"),
  ...arithmetic("Mul"),
  ...arithmetic("Div", true),
  { name: "Mul, a square", op: "Mul", inputs: [["batch", 3]], build: (tape, x) => tape.op("Mul", [x, x]) },
  {
    name: "Mul, SiLU",
    op: "Mul",
    inputs: [["batch", 3, 5]],
    build: (tape, x) => tape.op("Mul", [x, tape.op("Sigmoid", [x])]),
  },
  {
    name: "Mul, SiLU whose sigmoid is used again",
    op: "Mul",
    inputs: [["batch", 3, 5]],
    build(tape, x) {
      const s = tape.op("Sigmoid", [x]);
      return tape.op("Add", [tape.op("Mul", [s, x]), tape.op("Mul", [s, 3])]);
    },
  },
  pointwise("Neg"),
  {
    name: "Where, repeating both",
    op: "Where",
    inputs: [
      ["batch", 1, 5],
      [3, 1],
    ],
    build: (tape, a, b) => tape.op("Where", [tape.op("Less", [a, b]), a, b]),
  },

  pointwise("Abs"),
  pointwise("Cos"),
  pointwise("Elu"),
  { ...pointwise("Elu", { alpha: 0.7 }), name: "Elu with alpha" },
  pointwise("Erf"),
  pointwise("Exp"),
  pointwise("Identity"),
  pointwise("Log", {}, true),
  pointwise("Reciprocal", {}, true),
  pointwise("Relu"),
  pointwise("Sigmoid"),
  pointwise("Sin"),
  pointwise("Softplus"),
  pointwise("Sqrt", {}, true),
  pointwise("Tanh"),
  pointwise("Softmax", { axis: -1 }),
  { ...pointwise("Softmax", { axis: 1 }), name: "Softmax over an inner axis", inputs: [["batch", 4, 5]] },
  { ...pointwise("LogSoftmax"), inputs: [["batch", 4]] },
  {
    ...pointwise("LogSoftmax", { axis: 1 }),
    name: "LogSoftmax over an inner axis",
    inputs: [["batch", 4, 5]],
  },
  {
    name: "Clip",
    op: "Clip",
    inputs: [["batch", 3, 5]],
    build: (tape, x) => tape.op("Clip", [x, -0.5, 0.8]),
  },
  {
    name: "Clip below",
    op: "Clip",
    inputs: [["batch", 7]],
    build: (tape, x) => tape.op("Clip", [x, undefined, 0.3]),
  },
  {
    name: "Cast",
    op: "Cast",
    inputs: [["batch", 5]],
    build: (tape, x) => tape.op("Mul", [tape.op("Cast", [x], { to: 1 }), x]),
  },
  {
    name: "Less and Cast",
    op: "Less",
    inputs: [["batch", 5]],
    build: (tape, x) => tape.op("Mul", [tape.op("Cast", [tape.op("Less", [x, 0.1])], { to: 1 }), x]),
  },
  {
    name: "Equal",
    op: "Equal",
    inputs: [["batch", 5]],
    build: (tape, x) => tape.op("Where", [tape.op("Equal", [x, 0]), x, tape.op("Mul", [x, 3])]),
  },
  {
    name: "Floor",
    op: "Floor",
    inputs: [["batch", 5]],
    build: (tape, x) => tape.op("Sub", [x, tape.op("Floor", [x])]),
  },

  {
    name: "MatMul",
    op: "MatMul",
    inputs: [
      ["batch", 2, 5, 3],
      ["batch", 2, 3, 4],
    ],
    build: (tape, a, b) => tape.op("MatMul", [a, b]),
  },
  {
    name: "MatMul with a matrix for the whole batch",
    op: "MatMul",
    inputs: [
      ["batch", 5, 3],
      [3, 4],
    ],
    build: (tape, a, b) => tape.op("MatMul", [a, b]),
  },
  {
    name: "MatMul with batches that repeat",
    op: "MatMul",
    inputs: [
      [2, 1, 5, 3],
      ["batch", 3, 4],
    ],
    build: (tape, a, b) => tape.op("MatMul", [a, b]),
  },
  ...[0, 1].flatMap((transA) =>
    [0, 1].map((transB): RuleCase => ({
      name: `Gemm transA ${transA} transB ${transB}`,
      op: "Gemm",
      inputs: [transA === 0 ? [5, 3] : [3, 5], transB === 0 ? [3, 4] : [4, 3], [4]],
      build: (tape, ...all) => tape.op("Gemm", all, { alpha: 0.7, beta: -1.3, transA, transB }),
    })),
  ),

  ...(["ReduceMean", "ReduceMax", "ReduceLogSum"] as const).flatMap((op): RuleCase[] => {
    const positive = op === "ReduceLogSum" ? true : undefined;
    const build =
      (axes: readonly number[], keepdims: number): RuleCase["build"] =>
      (tape, x) =>
        tape.op(op, [x], { axes, keepdims });
    return [
      { name: `${op} of pixels`, op, positive, inputs: [["batch", 3, 5, 2]], build: build([2, 3], 1) },
      { name: `${op} without its axes`, op, positive, inputs: [["batch", 3, 5]], build: build([1], 0) },
      { name: `${op} of the batch`, op, positive, inputs: [["batch", 3]], build: build([0], 0) },
      { name: `${op} of all`, op, positive, inputs: [["batch", 3, 5]], build: build([0, 1, 2], 0) },
    ];
  }),
  {
    name: "ReduceSum of pixels",
    op: "ReduceSum",
    inputs: [["batch", 3, 5]],
    build: (tape, x) => tape.op("ReduceSum", [x, int64(tape, [2])], { keepdims: 1 }),
  },
  {
    name: "ReduceSum of the batch, without its axis",
    op: "ReduceSum",
    inputs: [["batch", 3]],
    build: (tape, x) => tape.op("ReduceSum", [x, int64(tape, [0])], { keepdims: 0 }),
  },
  {
    name: "GlobalAveragePool",
    op: "GlobalAveragePool",
    inputs: [["batch", 3, 5, 7]],
    build: (tape, x) => tape.op("GlobalAveragePool", [x]),
  },

  {
    name: "Concat",
    op: "Concat",
    inputs: [
      ["batch", 3, 5],
      ["batch", 1, 5],
      ["batch", 2, 5],
    ],
    build: (tape, ...all) => tape.op("Concat", all, { axis: 1 }),
  },
  {
    name: "Expand",
    op: "Expand",
    inputs: [["batch", 3, 1]],
    build: (tape, x) => tape.op("Expand", [x, int64(tape, [2, 1, 3, 5])]),
  },
  {
    name: "Pad",
    op: "Pad",
    inputs: [["batch", 3, 5]],
    build: (tape, x) => tape.op("Pad", [x, int64(tape, [0, 0, 2, 0, 1, 3]), 1.5], { mode: "constant" }),
  },
  {
    name: "Reshape",
    op: "Reshape",
    inputs: [["batch", 6, 5]],
    build: (tape, x) => tape.op("Reshape", [x, int64(tape, [-1, 5, 3, 2])]),
  },
  {
    name: "Transpose",
    op: "Transpose",
    inputs: [["batch", 2, 3, 4]],
    build: (tape, x) => tape.op("Transpose", [x], { perm: [2, 0, 3, 1] }),
  },
  { name: "Slice", op: "Slice", inputs: [["batch", 7]], build: (tape, x) => slice(tape, x, [2], [6], [1]) },
  {
    name: "Slice with steps and ends from the end",
    op: "Slice",
    inputs: [["batch", 7, 5]],
    build: (tape, x) => slice(tape, x, [1, -4], [100, -1], [1, 2], [3, 2]),
  },
  {
    name: "Gather from the last axis",
    op: "Gather",
    inputs: [["batch", 2, 5]],
    build: (tape, x) => tape.op("Gather", [x, int64(tape, [4, 0, 0, -2])], { axis: 2 }),
  },
  {
    name: "Gather of rows in two axes",
    op: "Gather",
    inputs: [[5, 3]],
    build: (tape, x) =>
      tape.op("Gather", [x, tape.constant([4, 0, 0, 2], [2, 2], { type: "int64" })], { axis: 0 }),
  },
  {
    name: "Gather by computed indices",
    op: "Gather",
    inputs: [[5, 3], ["batch"]],
    build: (tape, table, x) =>
      tape.op("Gather", [table, tape.op("Cast", [tape.op("Abs", [x])], { to: 6 })], { axis: 0 }),
  },

  ...convolutions("3x3", [5, 7], geometry(3)),
  ...convolutions("3x3, even size", [6, 4], geometry(3)),
  ...convolutions("3x3 without padding", [5, 7], geometry(3, 1, 1, 0)),
  ...convolutions("1x1", [5, 7], geometry(1)),
  ...convolutions("1x1 stride 2", [5, 6], geometry(1, 2)),
  ...convolutions("5x5", [5, 7], geometry(5)),
  ...convolutions("1x1 with padding", [3, 2], geometry(1, 1, 1, 1)),
  ...convolutions("stride 2, odd size", [5, 7], geometry(3, 2)),
  ...convolutions("stride 2, even size", [6, 4], geometry(3, 2)),
  ...convolutions("stride 3, dilation 2", [8, 9], geometry(3, 3, 2)),
  ...convolutions("dilation 2", [5, 7], geometry(3, 1, 2)),
  ...convolutions("dilation 4, larger than the image", [6, 4], geometry(3, 1, 4)),
  ...convolutions("2x3 with uneven padding", [5, 4], {
    kernel_shape: [2, 3],
    strides: [1, 1],
    dilations: [1, 1],
    pads: [1, 0, 0, 2],
  }),
  {
    name: "ConvTranspose",
    op: "ConvTranspose",
    inputs: [
      ["batch", 2, 3, 2],
      [2, 3, 3, 3],
    ],
    build: (tape, ...all) => tape.op("ConvTranspose", all, { ...geometry(3, 2), output_padding: [1, 0] }),
  },

  {
    name: "AveragePool 2x2",
    op: "AveragePool",
    inputs: [["batch", 2, 6, 4]],
    build: (tape, x) =>
      tape.op("AveragePool", [x], { kernel_shape: [2, 2], strides: [2, 2], pads: [0, 0, 0, 0] }),
  },
  {
    name: "AveragePool 3x2 with pixels to spare",
    op: "AveragePool",
    inputs: [["batch", 2, 7, 5]],
    build: (tape, x) =>
      tape.op("AveragePool", [x], { kernel_shape: [3, 2], strides: [3, 2], pads: [0, 0, 0, 0] }),
  },
  {
    name: "AveragePool 5x3, stride 1, zeros around",
    op: "AveragePool",
    inputs: [["batch", 2, 5, 7]],
    build: (tape, x) =>
      tape.op("AveragePool", [x], {
        kernel_shape: [5, 3],
        strides: [1, 1],
        pads: [2, 1, 2, 1],
        count_include_pad: 1,
      }),
  },
  {
    name: "MaxPool 5x5, stride 1",
    op: "MaxPool",
    inputs: [["batch", 2, 5, 7]],
    build: (tape, x) =>
      tape.op("MaxPool", [x], { kernel_shape: [5, 5], strides: [1, 1], pads: [2, 2, 2, 2] }),
  },
  {
    name: "MaxPool 2x2, stride 2",
    op: "MaxPool",
    inputs: [["batch", 2, 5, 6]],
    build: (tape, x) =>
      tape.op("MaxPool", [x], { kernel_shape: [2, 2], strides: [2, 2], pads: [0, 0, 0, 0] }),
  },
  {
    name: "MaxPool 3x1, stride 2, padded",
    op: "MaxPool",
    inputs: [["batch", 2, 5, 3]],
    build: (tape, x) =>
      tape.op("MaxPool", [x], { kernel_shape: [3, 1], strides: [2, 1], pads: [1, 0, 1, 0] }),
  },
  {
    name: "Resize, nearest",
    op: "Resize",
    inputs: [["batch", 2, 3, 5]],
    build: (tape, x) =>
      tape.op("Resize", [x, undefined, tape.constant([1, 1, 2, 3])], {
        mode: "nearest",
        coordinate_transformation_mode: "asymmetric",
        nearest_mode: "floor",
      }),
  },
  ...(
    [
      ["up", [3, 5], [7, 6]],
      ["down", [7, 6], [3, 1]],
    ] as const
  ).map(([name, [height, width], to]): RuleCase => ({
    name: `Resize, linear, ${name}`,
    op: "Resize",
    inputs: [["batch", 2, height, width]],
    build: (tape, x) =>
      tape.op(
        "Resize",
        [x, undefined, tape.constant([1, 1, (to[0] + 0.5) / height, (to[1] + 0.5) / width])],
        {
          mode: "linear",
          coordinate_transformation_mode: "align_corners",
        },
      ),
  })),
];

/** The number of elements of a shape. */
export const size = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** The inputs of a case, as float32 numbers: the same every time, different by `draw`. */
export function caseInputs({ inputs, positive }: RuleCase, draw = 0): Values[] {
  return inputs.map((dimensions, i) => {
    const shape = dimensions.map((length) => (length === "batch" ? batch : length));
    const numbers = normals(split(key(11 + draw), i), size(shape));
    return values(shape, positive ? numbers.map((z) => 0.5 + 2 / (1 + Math.exp(-z))) : numbers);
  });
}
