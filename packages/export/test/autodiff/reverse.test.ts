import { values } from "@ncsn/core";
import {
  differentiate,
  evaluate,
  gradientRules,
  inputBinder,
  onnxNn,
  tape,
  vjp,
  type Graph,
  type OpType,
} from "@ncsn/export";
import { describe, expect, test } from "vitest";
import { recordCase } from "./record-case.ts";
import { ruleCases } from "./rule-cases.ts";
import { graphOf, sum } from "./small-graph.ts";

/** The nodes that differentiation adds. */
const added = (graph: Graph, wrt: readonly string[] = ["x"]): OpType[] =>
  differentiate(graph, "loss", wrt)
    .graph.nodes.slice(graph.nodes.length)
    .map(({ op }) => op);
const gradientOf = (graph: Graph, x: readonly number[], shape: readonly number[] = [x.length]): number[] => {
  const { graph: whole, gradients } = differentiate(graph, "loss", ["x"]);
  const name = gradients.get("x")!;
  return [...evaluate(whole, { x: values(shape, x) }, [name]).get(name)!.data];
};

describe("what is written", () => {
  test("a product of a sum takes the sum's gradient without repeating it", () => {
    expect(added(graphOf(["batch", 3, 5], ({ op }, x) => op("Mul", [x, x])))).toEqual(["Mul", "Mul"]);
  });

  test("SiLU's gradient is four nodes", () => {
    const silu = graphOf([5], ({ op }, x) => op("Mul", [op("Mul", [x, op("Sigmoid", [x])]), 2]));
    expect(added(silu)).toEqual(["Mul", "Sub", "Mul", "Add", "Mul"]);
  });

  test("nodes that do not lead from the inputs to the loss get no gradient", () => {
    const recording = tape("test");
    const [x, other] = ["x", "other"].map((name) => recording.input(name, "float32", [2, 3, 4, 4]));
    const geometry = { kernel_shape: [1, 1], strides: [1, 1], dilations: [1, 1], pads: [0, 0, 0, 0] };
    const w = recording.constant([1, 2, 3], [1, 3, 1, 1]);
    recording.op("Exp", [x], {}, "leads nowhere");
    const fixed = recording.op("Exp", [other]);
    const y = recording.op("Conv", [recording.op("Add", [x, fixed]), w], geometry);
    sum(recording, recording.op("Mul", [y, fixed]));
    expect(added(recording.graph())).toEqual(["Mul", "ReduceSum", "ConvGradInput"]);
  });

  test("the names of new nodes tell where they belong", () => {
    const recording = tape("test");
    sum(recording, recording.op("Exp", [recording.input("x", "float32", [3])], {}, "layer0.exp"));
    const graph = recording.graph();
    const { graph: whole } = differentiate(graph, "loss", ["x"]);
    expect(whole.nodes.slice(graph.nodes.length).map(({ name }) => name)).toEqual(["layer0.exp.grad"]);
  });

  test("operators of rules have rules themselves", () => {
    const emitted = new Set(
      ruleCases.flatMap((ruleCase) => recordCase(ruleCase).graph.nodes.map(({ op }) => op)),
    );
    expect([...emitted].filter((op) => gradientRules[op] === undefined)).toEqual([]);
  });
});

describe("values", () => {
  test("an input used in several places gets the sum", () => {
    const graph = graphOf([2], ({ op }, x) => op("Add", [op("Add", [op("Mul", [x, 3]), x]), op("Exp", [x])]));
    expect(gradientOf(graph, [0, 1])).toEqual([5, 4 + Math.E]);
  });

  test("what the loss does not depend on gets zeros, for a batch of any size too", () => {
    const recording = tape("test");
    const [x, a, b] = (["x", "a", "b"] as const).map((name) =>
      recording.input(name, "float32", name === "a" ? [2] : ["batch", 3]),
    );
    sum(recording, recording.op("Add", [x, recording.op("Floor", [b])]));
    void a;
    const { graph, gradients } = differentiate(recording.graph(), "loss", ["a", "b"]);
    const feeds = { x: values([1, 3]), a: values([2]), b: values([1, 3], [NaN, Infinity, 1]) };
    const zeros = evaluate(graph, feeds, [...gradients.values()]);
    expect(zeros.get(gradients.get("a")!)).toEqual(values([2]));
    expect(zeros.get(gradients.get("b")!)).toEqual(values([1, 3]));
  });

  test("a sum over a batch of any size is repeated without NaN from what was summed", () => {
    const graph = graphOf(["batch"], (_, x) => x);
    expect(gradientOf(graph, [NaN, Infinity, 1])).toEqual([1, 1, 1]);
  });

  test("the gradient in a constant, in what a node makes and in the loss itself", () => {
    const recording = tape("test");
    const c = recording.constant([2, 3]);
    const y = recording.op("Mul", [recording.input("x", "float32", [2]), c], {}, "y");
    sum(recording, recording.op("Exp", [y]));
    const { graph, gradients } = differentiate(recording.graph(), "loss", [c.name, "y", "loss"]);
    const found = evaluate(graph, { x: values([2], [1, 0]) }, [...gradients.values()]);
    const data = (name: string) => [...found.get(gradients.get(name)!)!.data];
    expect(data("y")).toEqual([Math.exp(2), 1]);
    expect(data(c.name)).toEqual([Math.exp(2), 0]);
    expect(data("loss")).toEqual([1]);
  });

  test("a product with a cotangent", () => {
    const recording = tape("test");
    const y = recording.op("Exp", [recording.input("x", "float32", ["batch"])]);
    const v = recording.input("v", "float32", ["batch"]);
    const { name } = vjp(recording, y, v, ["x"]).get("x")!;
    const feeds = { x: values([2], [0, 1]), v: values([2], [5, 7]) };
    expect([...evaluate(recording.graph(), feeds, [name]).get(name)!.data]).toEqual([5, 7 * Math.E]);
  });

  test("of pixels that are a window's maximum together the first one gets the gradient", () => {
    const pool = graphOf([1, 1, 3, 3], ({ op }, x) =>
      op("MaxPool", [x], { kernel_shape: [3, 3], strides: [1, 1], pads: [1, 1, 1, 1] }),
    );
    // of the nine windows four see the corner, which comes first in reading order wherever it is seen
    expect(gradientOf(pool, [0, 0, 0, 0, 0, 0, 0, 0, 0], [1, 1, 3, 3])).toEqual([4, 2, 0, 2, 1, 0, 0, 0, 0]);
    expect(gradientOf(pool, [0, 0, 1, 0, 0, 0, 1, 0, 0], [1, 1, 3, 3])).toEqual([1, 0, 4, 0, 1, 0, 3, 0, 0]);
  });

  test("elements that are a reduction's maximum together share the gradient", () => {
    const graph = graphOf([4], ({ op }, x) => op("ReduceMax", [x], { axes: [0], keepdims: 1 }));
    expect(gradientOf(graph, [1, 3, 3, 2])).toEqual([0, 0.5, 0.5, 0]);
  });

  test("at the ends of a clip the gradient passes, at the corners of relu and abs it does not", () => {
    expect(
      gradientOf(
        graphOf([3], ({ op }, x) => op("Clip", [x, -1, 1])),
        [-1, 1, 2],
      ),
    ).toEqual([1, 1, 0]);
    expect(
      gradientOf(
        graphOf([1], ({ op }, x) => op("Relu", [x])),
        [0],
      ),
    ).toEqual([0]);
    expect(
      gradientOf(
        graphOf([1], ({ op }, x) => op("Abs", [x])),
        [0],
      ),
    ).toEqual([0]);
  });

  test("of weights that are zero, and of activations that are large, it is finite", () => {
    const recording = tape("test");
    const bind = inputBinder();
    const x = recording.input("x", "float32", [1, 1, 1, 1]);
    const y = onnxNn(recording, bind).conv("layer", x, 2, { size: 1, unit: true, bias: false });
    sum(recording, onnxNn(recording, bind).elu(y));
    const { graph, gradients } = differentiate(recording.graph(), "loss", ["layer.weight", "x"]);
    const feeds = { x: values([1, 1, 1, 1], [1000]), "layer.weight": values([2, 1, 1, 1], [0, 3]) };
    const found = evaluate(graph, feeds, [...gradients.values()]);
    // w/(|w| + 1e-4) has the derivative 1e-4/(|w| + 1e-4)², but for the corner at 0, where |w| counts as constant
    const [zero, three] = found.get(gradients.get("layer.weight")!)!.data;
    expect(zero).toBeCloseTo(1000 / 1e-4, 3);
    expect(three).toBeCloseTo((1000 * 1e-4) / 3.0001 ** 2, 6);
    expect(found.get(gradients.get("x")!)!.data[0]).toBeCloseTo(3 / 3.0001, 10);
  });
});
