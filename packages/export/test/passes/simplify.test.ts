import { key, normals, splitByName, values } from "@ncsn/core";
import { evaluate, simplify, tape, type Graph, type Tape, type Value } from "@ncsn/export";
import { describe, expect, it } from "vitest";
import { open, relativeError } from "../ort.ts";

const random = (name: string, count: number): Float32Array => normals(splitByName(key(1), name), count);

/** A convolution with random constants: filters × channels, 3×3 with padding unless told. */
function conv(on: Tape, x: Value, filters: number, { size = 3, bias = true } = {}): Value {
  const channels = Number(x.shape[1]);
  const weight = on.constant(random("w", filters * channels * size * size), [filters, channels, size, size], {
    name: "w",
  });
  const pads = Array<number>(4).fill((size - 1) / 2);
  const inputs = bias
    ? [x, weight, on.constant(random("b", filters), [filters], { name: "b" })]
    : [x, weight];
  return on.op("Conv", inputs, { kernel_shape: [size, size], pads });
}

const perChannel = (on: Tape, channels: number): Value =>
  on.constant(random("c", channels), [1, channels, 1, 1]);

interface Case {
  readonly name: string;
  readonly record: (on: Tape, x: Value, v: Value) => Value;
  readonly ops: readonly string[];
}

const cases: readonly Case[] = [
  { name: "conv · number", record: (on, x) => on.op("Mul", [conv(on, x, 4), 1.7]), ops: ["Conv"] },
  { name: "number · conv", record: (on, x) => on.op("Mul", [1.7, conv(on, x, 4)]), ops: ["Conv"] },
  {
    name: "conv · channels",
    record: (on, x) => on.op("Mul", [conv(on, x, 4), perChannel(on, 4)]),
    ops: ["Conv"],
  },
  {
    name: "conv + number, no bias",
    record: (on, x) => on.op("Add", [conv(on, x, 4, { bias: false }), 1.7]),
    ops: ["Conv"],
  },
  {
    name: "conv + channels",
    record: (on, x) => on.op("Add", [conv(on, x, 4), perChannel(on, 4)]),
    ops: ["Conv"],
  },
  {
    name: "1 + conv · gain",
    record: (on, x) => on.op("Add", [on.op("Mul", [conv(on, x, 4), 0.3]), 1]),
    ops: ["Conv"],
  },
  { name: "conv(x · number)", record: (on, x) => conv(on, on.op("Mul", [x, 1.7]), 4), ops: ["Conv"] },
  {
    name: "conv(x · channels)",
    record: (on, x) => conv(on, on.op("Mul", [x, perChannel(on, 3)]), 4),
    ops: ["Conv"],
  },
  {
    name: "conv 1x1 (x + channels)",
    record: (on, x) => conv(on, on.op("Add", [x, perChannel(on, 3)]), 4, { size: 1 }),
    ops: ["Conv"],
  },
  {
    name: "conv 3x3 (x + number), whose padding is not shifted",
    record: (on, x) => conv(on, on.op("Add", [x, 1.7]), 4),
    ops: ["Add", "Conv"],
  },
  {
    name: "conv · number that is read twice",
    record: (on, x) => {
      const y = conv(on, x, 3);
      return on.op("Add", [on.op("Mul", [y, 1.7]), on.op("Relu", [y])]);
    },
    ops: ["Conv", "Mul", "Relu", "Add"],
  },
  {
    name: "conv(x · number) where x · number is read twice",
    record: (on, x) => {
      const y = on.op("Mul", [x, 1.7]);
      return on.op("Add", [conv(on, y, 3), y]);
    },
    ops: ["Mul", "Conv", "Add"],
  },
  {
    name: "a weight that two convolutions read",
    record: (on, x) => {
      const weight = on.constant(random("w", 81), [3, 3, 3, 3], { name: "w" });
      const attributes = { kernel_shape: [3, 3], pads: [1, 1, 1, 1] };
      const y = on.op("Mul", [on.op("Conv", [x, weight], attributes), 1.7]);
      return on.op("Conv", [on.op("Relu", [y]), weight], attributes);
    },
    ops: ["Conv", "Relu", "Conv"],
  },
  {
    name: "conv · (v · number): the number goes to the convolution",
    record: (on, x, v) => on.op("Mul", [conv(on, x, 3), on.op("Mul", [v, 1.7])]),
    ops: ["Conv", "Mul"],
  },
  {
    name: "(v · number) · conv",
    record: (on, x, v) => on.op("Mul", [on.op("Mul", [1.7, v]), conv(on, x, 3)]),
    ops: ["Conv", "Mul"],
  },
  {
    name: "conv · v, of which nothing is constant",
    record: (on, x, v) => on.op("Mul", [conv(on, x, 3), v]),
    ops: ["Conv", "Mul"],
  },
  {
    name: "((x · a) · b) · c",
    record: (on, x) => on.op("Mul", [on.op("Mul", [on.op("Mul", [x, 2]), perChannel(on, 3)]), 3]),
    ops: ["Mul"],
  },
  { name: "(x + a) + b", record: (on, x) => on.op("Add", [on.op("Add", [x, 2]), 3]), ops: ["Add"] },
  { name: "(x · a) + b", record: (on, x) => on.op("Add", [on.op("Mul", [x, 2]), 3]), ops: ["Mul", "Add"] },
  {
    name: "x + a · b",
    record: (on, x) => on.op("Add", [x, on.op("Mul", [on.constant(2), perChannel(on, 3)])]),
    ops: ["Add"],
  },
  {
    name: "x · 1 + 0, twice",
    record: (on, x) => on.op("Relu", [on.op("Add", [on.op("Mul", [x, 1]), 0])]),
    ops: ["Relu"],
  },
  {
    name: "v · ones, which is larger than v",
    record: (on, _, v) => on.op("Mul", [v, on.constant(new Float32Array(3).fill(1), [1, 3, 1, 1])]),
    ops: ["Mul"],
  },
  {
    name: "what nothing reads",
    record: (on, x) => {
      conv(on, on.op("Exp", [x]), 4);
      return on.op("Relu", [x]);
    },
    ops: ["Relu"],
  },
  { name: "an input that is the output", record: (_, x) => x, ops: ["Identity"] },
];

describe.each(cases)("$name", ({ record, ops }) => {
  const on = tape("case");
  const x = on.input("x", "float32", ["batch", 3, 5, 7]);
  const v = on.input("v", "float32", ["batch", 1, 1, 1]);
  on.output("y", record(on, x, v));
  const before = on.graph();
  const after = simplify(before);
  const given = {
    x: values([2, 3, 5, 7], random("x", 210)),
    v: values([2, 1, 1, 1], random("v", 2)),
  };

  it("has the operators", () => {
    expect(after.nodes.map((node) => node.op)).toEqual(ops);
  });
  it("has the same inputs and outputs, and no value that is not there", () => {
    expect([after.inputs, after.outputs]).toEqual([before.inputs, before.outputs]);
    const made = new Set([
      ...after.nodes.flatMap((node) => node.outputs),
      ...after.constants.keys(),
      "x",
      "v",
    ]);
    expect([...after.values.keys()].filter((name) => !made.has(name))).toEqual([]);
  });
  it("computes the same, exactly but for float64's rounding", () => {
    const result = (graph: Graph) => evaluate(graph, given, ["y"]).get("y")?.data ?? [];
    expect(relativeError(result(after), result(before))).toBeLessThan(1e-14);
  });
  it("computes the same in ONNX Runtime", async () => {
    const expected = evaluate(before, given, ["y"]).get("y")?.data ?? [];
    expect(relativeError(await (await open(after))(given), expected)).toBeLessThan(1e-6);
  });
});

describe("what is already simple", () => {
  it("stays as it is", () => {
    const on = tape("case");
    on.output("y", conv(on, on.input("x", "float32", ["batch", 3, 5, 7]), 2));
    const once = simplify(on.graph());
    expect(simplify(once)).toEqual(once);
  });
});
