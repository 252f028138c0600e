/** Parameters as inputs of a graph: for training, where they change from run to run. */
import { unitEpsilon } from "@ncsn/core";
import type { Binder, Binding } from "../binder.ts";
import type { Tape } from "../graph.ts";
import type { Value } from "../value.ts";

/**
 * Keeps √ away from 0, where it has no derivative; far below {@link unitEpsilon}², it changes no norm, and a weight
 * that is zero gets the gradient zero.
 */
const tiny = 1e-30;

/**
 * Binds every parameter as a graph input float32 of its canonical shape, and works out weight normalisation in the
 * graph: gain·w/(‖w‖ + 1e-4) for each slice of the first axis.
 * @returns a binder for one tape
 */
export function inputBinder(): Binder {
  const inputs = new Map<string, Value>();
  return (tape, binding) => {
    const { name, shape, as, unit = false, gain = 1 } = binding;
    const w = inputs.get(name) ?? tape.input(name, "float32", shape);
    inputs.set(name, w);
    const scaled = unit
      ? normalised(tape, w, binding)
      : gain === 1
        ? w
        : tape.op("Mul", [w, gain], {}, `${name}.gain`);
    if (as.join() === shape.join()) return scaled;
    return tape.op("Reshape", [scaled, tape.constant(as, undefined, { type: "int64" })], {}, `${name}.as`);
  };
}

function normalised({ op, constant }: Tape, w: Value, { name, shape, gain = 1 }: Binding): Value {
  const axes = constant(shape.map((_, axis) => axis).slice(1), undefined, { type: "int64" });
  const square = op("ReduceSum", [op("Mul", [w, w]), axes], { keepdims: 1 }, `${name}.square`);
  const norm = op("Sqrt", [op("Add", [square, tiny])], {}, `${name}.norm`);
  return op("Mul", [w, op("Div", [gain, op("Add", [norm, unitEpsilon])])], {}, `${name}.unit`);
}
