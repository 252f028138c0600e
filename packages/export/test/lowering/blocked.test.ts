/** Graphs in blocks, run by ONNX Runtime and held against the same graphs in float64. */
import { normals, key, split, values, type Values } from "@ncsn/core";
import {
  blockSizes,
  differentiate,
  evaluate,
  fuseSums,
  lower,
  portable,
  removeDead,
  splitByData,
  tape,
  toBlocked,
  type Graph,
  type Tape,
  type Value,
} from "@ncsn/export";
import { describe, expect, test } from "vitest";
import { relativeError } from "../autodiff/derivatives.ts";
import { runGraph } from "../autodiff/runtime.ts";

/** The processor's channel block: where the second pixel of the first channel goes. */
async function findBlock(): Promise<number | undefined> {
  const recording = tape("block");
  recording.output("y", recording.op("ReorderInput", [recording.input("x", "float32", [1, 32, 1, 2])]));
  const x = values(
    [1, 32, 1, 2],
    Float64Array.from({ length: 64 }, (_, i) => i),
  );
  try {
    const [y] = await runGraph(recording.graph(), { x });
    return blockSizes.find((size) => size === y.indexOf(1));
  } catch {
    return undefined;
  }
}
const block = await findBlock();
if (block === undefined) console.log("skipped: ONNX Runtime has no blocked convolutions on this processor");

const int64 = (on: Tape, numbers: readonly number[]): Value =>
  on.constant([...numbers], undefined, { type: "int64" });
const convolution = (size: number, dilation = 1) => {
  const pad = (dilation * (size - 1)) / 2;
  return {
    kernel_shape: [size, size],
    strides: [1, 1],
    dilations: [dilation, dilation],
    pads: [pad, pad, pad, pad],
  };
};

type Build = (on: Tape, input: (name: string, shape: readonly number[]) => Value) => Value;

/** From images and weights to one image or number; the gradient by every input is computed too. */
const cases: Record<string, Build> = {
  "a convolution of whole blocks": (on, input) =>
    on.op(
      "Conv",
      [on.op("Sigmoid", [input("x", [2, 32, 5, 7])]), input("w", [16, 32, 3, 3])],
      convolution(3),
    ),
  "from few channels to blocks": (on, input) =>
    on.op("Sigmoid", [on.op("Conv", [input("x", [3, 2, 5, 6]), input("w", [16, 2, 3, 3])], convolution(3))]),
  "from blocks to few channels": (on, input) => {
    const wide = on.op("Conv", [input("x", [2, 16, 5, 6]), input("v", [32, 16, 1, 1])], convolution(1));
    return on.op("Conv", [wide, input("w", [3, 32, 3, 3])], convolution(3));
  },
  "1×1, and 5×5 with dilation 2": (on, input) => {
    const y = on.op("Conv", [input("x", [2, 16, 9, 8]), input("v", [48, 16, 1, 1])], convolution(1));
    return on.op("Conv", [y, input("w", [16, 48, 5, 5])], convolution(5, 2));
  },
  "factors and offsets of channels, images and all": (on, input) => {
    const y = on.op("Conv", [input("x", [3, 16, 4, 5]), input("w", [16, 16, 3, 3])], convolution(3));
    const scaled = on.op("Mul", [y, input("factor", [3, 16, 1, 1])]);
    const shifted = on.op("Add", [scaled, input("offset", [1, 16, 1, 1])]);
    return on.op("Mul", [on.op("Mul", [shifted, input("image", [3, 1, 1, 1])]), 0.3]);
  },
  "a residual sum": (on, input) => {
    const x = on.op("Conv", [input("x", [2, 16, 4, 5]), input("v", [16, 16, 3, 3])], convolution(3));
    const y = on.op("Conv", [on.op("Sigmoid", [x]), input("w", [16, 16, 3, 3])], convolution(3));
    return on.op("Add", [on.op("Mul", [x, 0.7]), y]);
  },
  "joined, halved and doubled": (on, input) => {
    const x = on.op("Conv", [input("x", [2, 16, 4, 6]), input("w", [32, 16, 3, 3])], convolution(3));
    const half = on.op("AveragePool", [x], { kernel_shape: [2, 2], strides: [2, 2], pads: [0, 0, 0, 0] });
    const whole = on.op("Resize", [half, undefined, on.constant([1, 1, 2, 2])], {
      mode: "nearest",
      coordinate_transformation_mode: "asymmetric",
      nearest_mode: "floor",
    });
    return on.op("Concat", [whole, x], { axis: 1 });
  },
  "sums over pixels and over images": (on, input) => {
    const x = on.op("Conv", [input("x", [2, 16, 4, 6]), input("w", [16, 16, 3, 3])], convolution(3));
    const perChannel = on.op("ReduceSum", [x, int64(on, [2, 3])], { keepdims: 1 });
    const overall = on.op("ReduceSum", [on.op("Mul", [x, x]), int64(on, [0, 1, 2, 3])], { keepdims: 1 });
    return on.op("Mul", [on.op("Mul", [x, perChannel]), overall]);
  },
};

/** The graph with the gradients of a sum of cubes of its result, and feeds for it. */
function record(build: Build): { graph: Graph; feeds: Record<string, Values> } {
  const recording = tape("case");
  const feeds: Record<string, Values> = {};
  const result = build(recording, (name, shape) => {
    const data = normals(
      split(key(11), Object.keys(feeds).length),
      shape.reduce((a, b) => a * b, 1),
    );
    feeds[name] = values(
      shape,
      Float64Array.from(data, (z) => z / 2),
    );
    return recording.input(name, "float32", shape);
  });
  const cube = recording.op("Mul", [recording.op("Mul", [result, result]), result]);
  const total = recording.op("ReduceSum", [cube, int64(recording, [0, 1, 2, 3])], { keepdims: 1 });
  const { graph, gradients } = differentiate(recording.graph(), total.name, Object.keys(feeds));
  const whole = tape("case", graph);
  whole.output("result", result);
  for (const [name, gradient] of gradients) whole.output(`d${name}`, graph.values.get(gradient) as Value);
  return { graph: removeDead(whole.graph()), feeds };
}

describe.skipIf(block === undefined)("in blocks", () => {
  test.each(Object.entries(cases))("%s", async (_, build) => {
    const { graph, feeds } = record(build);
    const inBlocks = removeDead(fuseSums(lower(toBlocked(graph, block as number), portable)));
    expect(inBlocks.nodes.some(({ op }) => op === "BlockedConv")).toBe(true);
    expect(inBlocks.inputs.map(({ name }) => name)).toEqual(graph.inputs.map(({ name }) => name));
    const expected = [...evaluate(graph, feeds).values()];
    const actual = await runGraph(inBlocks, feeds);
    expected.forEach(({ data }, i) =>
      expect(relativeError(actual[i], data), graph.outputs[i].name).toBeLessThan(2e-5),
    );
  });

  test("weight gradients, convolutions and sums of whole blocks need no plain form", () => {
    const { graph } = record(cases["a residual sum"]);
    const { nodes } = removeDead(fuseSums(lower(toBlocked(graph, 16), portable)));
    const ops = nodes.map(({ op }) => op);
    expect(ops).not.toContain("Conv");
    expect(ops.filter((op) => op === "BlockedConv").length).toBe(4); // two forward, two backward
    const sums = nodes.filter(({ op, inputs }) => op === "BlockedConv" && inputs.length === 4);
    expect(sums.length).toBeGreaterThan(0);
  });
});

test("a graph split by its data computes the same, its first part without the data", () => {
  const { graph, feeds } = record(cases["a convolution of whole blocks"]);
  const { before, after } = splitByData(lower(graph, portable), ["x"]);
  expect(before.inputs.map(({ name }) => name)).toEqual(["w"]);
  expect(before.nodes.length).toBeGreaterThan(0);
  const prepared = evaluate(before, { w: feeds.w });
  const inputs = Object.fromEntries(
    after.inputs.map(({ name }) => [name, prepared.get(name) ?? feeds[name]]),
  );
  const actual = evaluate(after, inputs);
  for (const [name, { data }] of evaluate(graph, feeds))
    expect(relativeError((actual.get(name) as Values).data, data)).toBeLessThan(1e-12);
});
