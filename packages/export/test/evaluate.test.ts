import { values } from "@ncsn/core";
import { evaluate, tape, type Attributes, type OpType } from "@ncsn/export";
import { describe, expect, test } from "vitest";

/** An operator on one row of numbers. */
const onRow = (op: OpType, x: readonly number[], attributes?: Attributes): number[] => {
  const recording = tape("test");
  recording.output("y", recording.op(op, [recording.input("x", "float32", [x.length])], attributes));
  return [...evaluate(recording.graph(), { x: values([x.length], x) }).get("y")!.data];
};

// Gradients, lowerings and the vocabulary say whether operators are right; here is what they do not reach.
describe("evaluate", () => {
  test("the error function is that of tables", () => {
    // Abramowitz and Stegun, table 7.1
    const expected = [-0.8427007929, 0, 0.0112834156, 0.5204998778, 0.995322265, 1];
    onRow("Erf", [-1, 0, 0.01, 0.5, 2, 30]).forEach((y, i) => expect(y).toBeCloseTo(expected[i], 10));
  });

  test("functions of large numbers stay finite", () => {
    expect(onRow("Softplus", [-1000, 1000])).toEqual([0, 1000]);
    expect(onRow("Sigmoid", [-1000, 1000])).toEqual([0, 1]);
    expect(onRow("Softmax", [1000, 1000], { axis: -1 })).toEqual([0.5, 0.5]);
    expect(onRow("LogSoftmax", [-1000, 0, 1000], { axis: -1 })).toEqual([-2000, -1000, 0]);
  });

  test("an input that is missing or does not fit is named", () => {
    const recording = tape("test");
    const a = recording.input("a", "float32", ["batch", 2]);
    const b = recording.input("b", "float32", ["batch", 2]);
    recording.output("y", recording.op("Add", [a, b]));
    const graph = recording.graph();
    const two = values([2, 2]);
    expect(() => evaluate(graph, { a: two })).toThrow("invalid b: nothing (need float32 [batch, 2])");
    expect(() => evaluate(graph, { a: two, b: values([3, 2]) })).toThrow(
      "invalid b: [3, 2] (need float32 [batch, 2])",
    );
    expect(() => evaluate(graph, { a: values([2]), b: two })).toThrow(
      "invalid a: [2] (need float32 [batch, 2])",
    );
    expect(() => evaluate(graph, { a: two, b: two }, ["z"])).toThrow("the graph test has no value z");
  });
});
