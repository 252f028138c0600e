import {
  differentiate,
  encodeModel,
  gradientRules,
  NoGradientError,
  tape,
  undifferentiable,
  vjp,
  type Tape,
  type Value,
} from "@ncsn/export";
import { describe, expect, test } from "vitest";
import { graphOf, int64, sum } from "./small-graph.ts";

describe("what is refused", () => {
  test("an operator without a rule, before anything runs", () => {
    const { Exp: _, ...rest } = gradientRules;
    const recording = tape("test");
    sum(recording, recording.op("Exp", [recording.input("x", "float32", [3])], {}, "layer0.exp"));
    const message = "no gradient for Exp layer0.exp: its operator has no rule in autodiff/rules.ts";
    expect(() => differentiate(recording.graph(), "loss", ["x"], rest)).toThrow(
      new NoGradientError({ op: "Exp", name: "layer0.exp" }, message.split(": ")[1]),
    );
    expect(undifferentiable(recording.graph(), "loss", ["x"], rest).map((error) => error.message)).toEqual([
      message,
    ]);
  });

  test("every node that stands in the way is found, in the order in which they are computed", () => {
    const graph = graphOf([1, 1, 8, 8], ({ op, constant }, x) => {
      const pooled = op(
        "AveragePool",
        [x],
        { kernel_shape: [3, 3], strides: [1, 1], pads: [1, 1, 1, 1] },
        "blur",
      );
      return op("Resize", [pooled, undefined, constant([1, 1, 2, 2])], { mode: "cubic" }, "cubic");
    });
    expect(undifferentiable(graph, "loss", ["x"]).map(({ message }) => message)).toEqual([
      "no gradient for AveragePool blur: windows of 3x3 with strides 1, 1 (need the same)",
      "no gradient for Resize cubic: mode cubic (need nearest asymmetric floor, or linear align_corners)",
    ]);
    expect(undifferentiable(graph, "loss", ["loss"])).toEqual([]);
  });

  test.each<[string, (recording: Tape, x: Value) => Value]>([
    [
      "Pad: mode reflect (need constant)",
      (t, x) => t.op("Pad", [x, int64(t, [0, 0, 1, 1, 0, 0, 1, 1])], { mode: "reflect" }),
    ],
    [
      "Slice: steps -1 (need more than 0)",
      (t, x) => t.op("Slice", [x, ...[[-1], [-9], [3], [-1]].map((list) => int64(t, list))]),
    ],
    [
      "Conv: group 2 (need 1)",
      (t, x) =>
        t.op("Conv", [x, t.constant(Array(18).fill(1), [2, 1, 3, 3])], { kernel_shape: [3, 3], group: 2 }),
    ],
    [
      "Clip: its input 1 is not a constant",
      (t, x) => t.op("Clip", [x, t.op("ReduceMax", [x], { axes: [0, 1, 2, 3], keepdims: 0 })]),
    ],
  ])("%s", (expected, f) => {
    const [op, reason] = expected.split(": ");
    const graph = graphOf([1, 2, 4, 4], f);
    expect(() => differentiate(graph, "loss", ["x"])).toThrow(`no gradient for ${op} ${op}: ${reason}`);
  });

  test("wrong names, types and shapes", () => {
    const recording = tape("test");
    const x = recording.input("x", "float32", [2, 3]);
    recording.input("label", "int32", [2]);
    sum(recording, x);
    const graph = recording.graph();
    expect(() => differentiate(graph, "los", ["x"])).toThrow("the graph test has no value los");
    expect(() => differentiate(graph, "loss", ["y"])).toThrow("the graph test has no value y");
    expect(() => differentiate(graph, "x", ["x"])).toThrow(
      "cannot differentiate x, which is [2, 3] (need one number)",
    );
    expect(() => differentiate(graph, "loss", ["label"])).toThrow(
      "cannot differentiate label, which is int32 (need float32)",
    );
    expect(() => vjp(recording, x, recording.constant(1), ["x"])).toThrow(
      "invalid cotangent of x: [] (need [2, 3])",
    );
  });

  test("a graph with internal operators cannot be written", () => {
    const recording = tape("test");
    const [x, dy] = [
      recording.input("x", "float32", [1, 2, 3, 3]),
      recording.input("dy", "float32", [1, 2, 3, 3]),
    ];
    recording.output("dw", recording.op("ConvGradWeight", [x, dy], { kernel_shape: [1, 1] }, "layer0.grad"));
    expect(() => encodeModel(recording.graph())).toThrow(
      "cannot write ConvGradWeight layer0.grad: it is not an ONNX operator (lower the graph first)",
    );
  });
});
