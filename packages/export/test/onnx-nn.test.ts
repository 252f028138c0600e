import {
  key,
  normals,
  referenceNn,
  splitByName,
  values,
  type Nn,
  type Tensor,
  type Values,
} from "@ncsn/core";
import { initialiserBinder, nameOutputs, onnxNn, simplify, tape, type Value } from "@ncsn/export";
import { describe, expect, it } from "vitest";
import { open, relativeError } from "./ort.ts";

/** One use of the vocabulary: x and y are images [3, 6, 7, 9], v is a positive vector [3, 5], s one of [3, 1]. */
interface Case {
  readonly does: string;
  readonly apply: <I, V, W>(nn: Nn<I, V, W>, given: { x: I; y: I; v: V; s: V }) => I | V;
}

const even = <I, V, W>(nn: Nn<I, V, W>, x: I): I => nn.conv("even", nn.upsample(x), 3, { stride: 1 });
const normal = { kind: "normal", deviation: 1 } as const;

const cases: readonly Case[] = [
  { does: "conv", apply: (nn, { x }) => nn.conv("c", x, 5) },
  { does: "conv, 1x1", apply: (nn, { x }) => nn.conv("c", x, 5, { size: 1 }) },
  { does: "conv, stride 2", apply: (nn, { x }) => nn.conv("c", x, 5, { stride: 2 }) },
  { does: "conv, 5x5 of stride 3", apply: (nn, { x }) => nn.conv("c", x, 2, { size: 5, stride: 3 }) },
  { does: "conv, dilation 2", apply: (nn, { x }) => nn.conv("c", x, 5, { dilation: 2 }) },
  { does: "conv, no bias", apply: (nn, { x }) => nn.conv("c", x, 5, { bias: false }) },
  { does: "conv, unit with gain", apply: (nn, { x }) => nn.conv("c", x, 5, { unit: true, gain: 1.7 }) },
  {
    does: "conv, twice by one name",
    apply: (nn, { x, y }) => nn.add(nn.conv("c", x, 5), nn.conv("c", y, 5)),
  },
  { does: "dense", apply: (nn, { v }) => nn.dense("d", v, 7) },
  { does: "dense, unit", apply: (nn, { v }) => nn.dense("d", v, 7, { unit: true, bias: false, gain: 0.3 }) },
  { does: "add", apply: (nn, { x, y }) => nn.add(x, y) },
  { does: "scale by a number", apply: (nn, { x }) => nn.scale(x, -2.5) },
  { does: "scale by one per image", apply: (nn, { x, s }) => nn.scale(x, s) },
  { does: "scale by one per channel", apply: (nn, { x }) => nn.scale(x, nn.vector("p", 6, normal)) },
  { does: "scale by one per image and channel", apply: (nn, { x, v }) => nn.scale(x, nn.dense("d", v, 6)) },
  { does: "shift by a number", apply: (nn, { x }) => nn.shift(x, 0.75) },
  { does: "shift by one per image and channel", apply: (nn, { x, v }) => nn.shift(x, nn.dense("d", v, 6)) },
  { does: "concat", apply: (nn, { x, y }) => nn.concat(nn.conv("c", x, 2), y) },
  { does: "withOnes", apply: (nn, { x }) => nn.conv("c", nn.withOnes(x), 2) },
  { does: "silu", apply: (nn, { x }) => nn.silu(nn.scale(x, 4)) },
  { does: "silu of a vector", apply: (nn, { v }) => nn.silu(v) },
  { does: "elu", apply: (nn, { x }) => nn.elu(nn.scale(x, 4)) },
  { does: "elu where exp overflows", apply: (nn, { x }) => nn.elu(nn.scale(x, 1000)) },
  { does: "relu", apply: (nn, { x }) => nn.relu(x) },
  { does: "meanPool", apply: (nn, { x }) => nn.meanPool(even(nn, x)) },
  { does: "maxPool", apply: (nn, { x }) => nn.maxPool(x, 5) },
  { does: "blur", apply: (nn, { x }) => nn.blur(x, 5) },
  { does: "upsample", apply: (nn, { x }) => nn.upsample(x) },
  { does: "resize, up", apply: (nn, { x }) => nn.resize(x, even(nn, x)) },
  { does: "resize, down", apply: (nn, { x }) => nn.resize(x, nn.conv("c", x, 1, { stride: 3 })) },
  { does: "resize to a pixel", apply: (nn, { x }) => nn.resize(x, nn.conv("c", x, 1, { stride: 9 })) },
  { does: "resize to its own size", apply: (nn, { x, y }) => nn.add(nn.resize(x, y), y) },
  { does: "moments, mean", apply: (nn, { x }) => nn.moments(nn.shift(x, 3)).mean },
  { does: "moments, variance", apply: (nn, { x }) => nn.moments(nn.shift(x, 3)).variance },
  { does: "attention, one head", apply: (nn, { x, y }) => nn.attention(x, y, nn.conv("c", x, 6), 1) },
  {
    does: "attention, three heads",
    apply: (nn, { x, y }) => nn.attention(x, nn.scale(y, 5), nn.add(x, y), 3),
  },
  { does: "times a number", apply: (nn, { v }) => nn.times(v, 0.1) },
  { does: "times one per row", apply: (nn, { v, s }) => nn.times(v, s) },
  { does: "times one per column", apply: (nn, { v }) => nn.times(v, nn.vector("p", 5, normal)) },
  { does: "plus, both broadcasting", apply: (nn, { s }) => nn.plus(s, nn.vector("p", 5, normal)) },
  { does: "log", apply: (nn, { v }) => nn.log(v) },
  { does: "rsqrt", apply: (nn, { v }) => nn.rsqrt(v) },
  { does: "reciprocal", apply: (nn, { v }) => nn.reciprocal(v) },
  { does: "mean", apply: (nn, { v }) => nn.mean(v) },
  { does: "fourier", apply: (nn, { s }) => nn.fourier(s, [0, 1, -3.3, 7, 20], [0, 1, 2, 5, 6]) },
  { does: "oneHot", apply: (nn, { s }) => nn.oneHot(nn.nearest(s, [9, 3, 1, 0.1]), 3) },
  { does: "nearest", apply: (nn, { v }) => nn.nearest(nn.times(nn.mean(v), 0.7), [9, 3, 1, 0.3, 0.1]) },
  { does: "nearest of one", apply: (nn, { s }) => nn.plus(nn.nearest(s, [4]), 1) },
];

const shapes = { x: [3, 6, 7, 9], y: [3, 6, 7, 9], v: [3, 5], s: [3, 1] } as const;

/** A vector is an image of one pixel. */
const asImage = (shape: readonly number[]): readonly number[] =>
  shape.length === 2 ? [...shape, 1, 1] : shape;
const anyBatch = (shape: readonly number[]) => ["batch", ...asImage(shape).slice(1)];

/** Numbers of a name; those of vectors are positive, between 0.05 and 20 or so. */
function draw(name: string, shape: readonly number[]): Float32Array {
  const numbers = normals(
    splitByName(key(7), name),
    shape.reduce((a, b) => a * b, 1),
  );
  return name === "v" || name === "s" ? numbers.map((z) => Math.exp(z)) : numbers;
}

const given = Object.fromEntries(
  Object.entries(shapes).map(([name, shape]) => [name, values(shape, draw(name, shape))]),
) as Record<keyof typeof shapes, Values>;

describe.each(cases)("$does", ({ apply }) => {
  const bank = new Map<string, Tensor>();
  const expected = apply(
    referenceNn((name, shape) => {
      const tensor = bank.get(name) ?? { shape, data: draw(name, shape) };
      bank.set(name, tensor);
      return tensor.data;
    }),
    given,
  );

  const recording = tape("case");
  const inputs = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, recording.input(name, "float32", anyBatch(shape))]),
  ) as Record<keyof typeof shapes, Value>;
  recording.output("out", apply(onnxNn(recording, initialiserBinder(bank)), inputs));
  const graph = recording.graph();

  it.each([
    ["as it is", nameOutputs(graph)],
    ["simplified", simplify(graph)],
  ])("is the reference's, %s", async (_, made) => {
    const run = await open(made);
    const feeds = Object.entries(given).map(
      ([name, { shape, data }]) => [name, { shape: asImage(shape), data }] as const,
    );
    const actual = await run(Object.fromEntries(feeds));
    expect(relativeError(actual, expected.data)).toBeLessThan(1e-5);
    expect(made.outputs[0].shape).toEqual(anyBatch(expected.shape));
  });
});

describe("what cannot be", () => {
  const nn = () => {
    const recording = tape("case");
    return {
      nn: onnxNn(recording, initialiserBinder(new Map())),
      x: recording.input("x", "float32", ["batch", 6, 7, 9]),
    };
  };
  it("halving an odd size", () => {
    const { nn: odd, x } = nn();
    expect(() => odd.meanPool(x)).toThrow("cannot halve an image of 7x9");
  });
  it("heads that do not divide the channels", () => {
    const { nn: small, x } = nn();
    expect(() => small.attention(x, x, x, 4)).toThrow("cannot divide 6 channels into 4 heads");
  });
  it("a parameter that is not there", () => {
    const { nn: small, x } = nn();
    expect(() => small.conv("c", x, 5)).toThrow("the parameter c.weight is missing");
  });
  it("a parameter of another shape", () => {
    const recording = tape("case");
    const bank = new Map([["p", { shape: [4], data: new Float32Array(4) }]]);
    const any = onnxNn(recording, initialiserBinder(bank));
    expect(() => any.vector("p", 5, normal)).toThrow("the parameter p is [4] (need [5])");
  });
});
