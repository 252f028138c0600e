/** Graphs of one input and a sum, for statements about single operators. */
import { tape, type Graph, type Tape, type Value } from "@ncsn/export";

/** A list of axes, sizes or positions. */
export const int64 = (recording: Tape, numbers: readonly number[]): Value =>
  recording.constant(numbers, undefined, { type: "int64" });

/** Σx, under the name loss. */
export const sum = (recording: Tape, x: Value): Value => {
  const axes = x.shape.map((_, axis) => axis);
  return recording.op("ReduceSum", [x, int64(recording, axes)], { keepdims: 0 }, "loss");
};

/** A graph of one input x, whose loss is the sum of f(x). */
export const graphOf = (
  shape: readonly (number | string)[],
  f: (recording: Tape, x: Value) => Value,
): Graph => {
  const recording = tape("test");
  sum(recording, f(recording, recording.input("x", "float32", shape)));
  return recording.graph();
};
