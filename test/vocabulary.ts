/**
 * One case or more for every operation of the vocabulary, on odd sizes, for the interpreters to be compared by: each
 * suite gives its interpreter these inputs and holds the results against the reference's.
 */
import { key, normals, split, values, type Init, type Nn, type Shape, type Values } from "@ncsn/core";

/** The inputs by name; images [N, C, H, W] and vectors [N, K]. */
export const imageShapes = {
  odd: [2, 3, 5, 7],
  other: [2, 3, 5, 7],
  wide: [2, 5, 5, 7],
  even: [2, 3, 6, 4],
  query: [2, 4, 3, 5],
  key: [2, 4, 3, 5],
  value: [2, 4, 3, 5],
} as const satisfies Record<string, Shape>;
export const vectorShapes = {
  perChannel: [2, 3],
  perChannelToo: [2, 3],
  row: [1, 3],
  column: [2, 1],
  positive: [2, 1],
  label: [2, 1],
} as const satisfies Record<string, Shape>;

type Images<I> = Record<keyof typeof imageShapes, I>;
type Vectors<V> = Record<keyof typeof vectorShapes, V>;

export interface VocabularyCase {
  readonly name: string;
  /** Exactly one of the two, by what the operation returns. */
  readonly image?: <I, V, W>(nn: Nn<I, V, W>, images: Images<I>, vectors: Vectors<V>) => I;
  readonly vector?: <I, V, W>(nn: Nn<I, V, W>, images: Images<I>, vectors: Vectors<V>) => V;
}

export const vocabularyCases: readonly VocabularyCase[] = [
  { name: "conv 3x3 with bias", image: (nn, { odd }) => nn.conv("layer", odd, 4) },
  {
    name: "conv 1x1 without bias",
    image: (nn, { odd }) => nn.conv("layer", odd, 4, { size: 1, bias: false }),
  },
  { name: "conv 5x5", image: (nn, { odd }) => nn.conv("layer", odd, 2, { size: 5 }) },
  { name: "conv stride 2, odd size", image: (nn, { odd }) => nn.conv("layer", odd, 4, { stride: 2 }) },
  { name: "conv stride 2, even size", image: (nn, { even }) => nn.conv("layer", even, 4, { stride: 2 }) },
  { name: "conv dilation 2", image: (nn, { odd }) => nn.conv("layer", odd, 4, { dilation: 2 }) },
  {
    name: "conv dilation 4, larger than the image",
    image: (nn, { even }) => nn.conv("layer", even, 4, { dilation: 4 }),
  },
  {
    name: "conv of unit weights with gain",
    image: (nn, { odd }) => nn.conv("layer", odd, 4, { unit: true, gain: 1.7, bias: false }),
  },
  { name: "conv with gain alone", image: (nn, { odd }) => nn.conv("layer", odd, 4, { gain: 0.3 }) },
  { name: "dense", vector: (nn, _, { perChannel }) => nn.dense("layer", perChannel, 5) },
  {
    name: "dense of unit weights",
    vector: (nn, _, { perChannel }) => nn.dense("layer", perChannel, 5, { unit: true, gain: 2 }),
  },
  {
    name: "vector",
    vector: (nn, _, { perChannel }) =>
      nn.times(perChannel, nn.vector("row", 3, { kind: "normal", deviation: 1 })),
  },
  { name: "add", image: (nn, { odd, other }) => nn.add(odd, other) },
  { name: "scale by number", image: (nn, { odd }) => nn.scale(odd, -1.3) },
  { name: "scale by vector", image: (nn, { odd }, { perChannel }) => nn.scale(odd, perChannel) },
  { name: "scale by row", image: (nn, { odd }, { row }) => nn.scale(odd, row) },
  { name: "scale by column", image: (nn, { odd }, { column }) => nn.scale(odd, column) },
  { name: "shift by number", image: (nn, { odd }) => nn.shift(odd, 0.7) },
  { name: "shift by vector", image: (nn, { odd }, { perChannel }) => nn.shift(odd, perChannel) },
  { name: "concat", image: (nn, { odd, wide }) => nn.concat(odd, wide) },
  { name: "withOnes", image: (nn, { odd }) => nn.withOnes(odd) },
  { name: "silu", image: (nn, { odd }) => nn.silu(odd) },
  { name: "silu of vector", vector: (nn, _, { perChannel }) => nn.silu(perChannel) },
  { name: "elu", image: (nn, { odd }) => nn.elu(odd) },
  { name: "elu of vector", vector: (nn, _, { perChannel }) => nn.elu(perChannel) },
  { name: "relu", image: (nn, { odd }) => nn.relu(odd) },
  { name: "relu of vector", vector: (nn, _, { perChannel }) => nn.relu(perChannel) },
  { name: "meanPool", image: (nn, { even }) => nn.meanPool(even) },
  { name: "maxPool 5", image: (nn, { odd }) => nn.maxPool(odd, 5) },
  { name: "blur 5", image: (nn, { odd }) => nn.blur(odd, 5) },
  { name: "upsample", image: (nn, { odd }) => nn.upsample(odd) },
  { name: "resize up", image: (nn, { odd, even }) => nn.resize(odd, nn.upsample(even)) },
  { name: "resize down", image: (nn, { odd, even }) => nn.resize(odd, nn.meanPool(even)) },
  { name: "mean of moments", vector: (nn, { odd }) => nn.moments(odd).mean },
  { name: "variance of moments", vector: (nn, { odd }) => nn.moments(odd).variance },
  { name: "attention, one head", image: (nn, { query, key: k, value }) => nn.attention(query, k, value, 1) },
  { name: "attention, two heads", image: (nn, { query, key: k, value }) => nn.attention(query, k, value, 2) },
  { name: "times number", vector: (nn, _, { perChannel }) => nn.times(perChannel, -0.4) },
  {
    name: "times vector",
    vector: (nn, _, { perChannel, perChannelToo }) => nn.times(perChannel, perChannelToo),
  },
  { name: "times, row by column", vector: (nn, _, { row, column }) => nn.times(row, column) },
  { name: "plus number", vector: (nn, _, { perChannel }) => nn.plus(perChannel, 2.5) },
  {
    name: "plus vector",
    vector: (nn, _, { perChannel, perChannelToo }) => nn.plus(perChannel, perChannelToo),
  },
  { name: "plus column", vector: (nn, _, { perChannel, column }) => nn.plus(perChannel, column) },
  { name: "log", vector: (nn, _, { positive }) => nn.log(positive) },
  { name: "rsqrt", vector: (nn, _, { positive }) => nn.rsqrt(positive) },
  { name: "reciprocal", vector: (nn, _, { positive }) => nn.reciprocal(positive) },
  { name: "mean", vector: (nn, _, { perChannel }) => nn.mean(perChannel) },
  { name: "fourier", vector: (nn, _, { column }) => nn.fourier(column, [1, 6.5, -11, 0.1], [0, 1, 2, 6]) },
  { name: "oneHot", vector: (nn, _, { label }) => nn.oneHot(label, 3) },
  { name: "nearest", vector: (nn, _, { positive }) => nn.nearest(positive, [2, 1, 0.5, 0.2]) },
];

/** Float32 values of the inputs, the same for every interpreter. */
export function vocabularyInputs(): { images: Images<Values>; vectors: Vectors<Values> } {
  const images = Object.fromEntries(
    Object.entries(imageShapes).map(([name, shape], i) => [
      name,
      values(shape, normals(split(key(1), i), elements(shape))),
    ]),
  ) as Images<Values>;
  const vectors = Object.fromEntries(
    Object.entries(vectorShapes).map(([name, shape], i) => [
      name,
      values(shape, normals(split(key(2), i), elements(shape))),
    ]),
  ) as Vectors<Values>;
  vectors.positive = values([2, 1], Float32Array.of(0.31, 3.5));
  vectors.label = values([2, 1], Float32Array.of(-1, 2));
  return { images, vectors };
}

/** The value of any parameter: normals of its name's length and shape, so that no initialisation hides a mistake. */
export function parameterValues(name: string, shape: Shape, _init: Init): Float32Array {
  return normals(split(key(3), name.length), elements(shape));
}

const elements = (shape: Shape): number => shape.reduce((a, b) => a * b, 1);
