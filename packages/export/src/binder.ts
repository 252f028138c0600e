/**
 * Where an interpreter's parameters come from. Export binds trained arrays as initialisers, with the weight
 * normalisation worked out here; a training graph binds graph inputs, with the normalisation as nodes.
 */
import { normaliseWeight, type Init, type Shape, type Tensor } from "@ncsn/core";
import type { Tape } from "./graph.ts";
import type { Value } from "./value.ts";

/** One use of a learned array. */
export interface Binding {
  readonly name: string;
  /** The canonical shape: OIHW of convolutions, [out, in] of dense layers, [width] of vectors and biases. */
  readonly shape: Shape;
  readonly init: Init;
  /** The shape to use it in: the same numbers in the same order. */
  readonly as: Shape;
  /** Normalise each slice of the first axis to unit norm, as core's `normaliseWeight` does. */
  readonly unit?: boolean;
  /** A factor on every number, after the normalisation. */
  readonly gain?: number;
}

/** Gives the value of a learned array on a tape; called once per use. */
export type Binder = (tape: Tape, binding: Binding) => Value;

/**
 * Binds trained arrays as constants, normalised in float64 and rounded when the file is written.
 * @param parameters by name, in canonical shape
 * @throws TypeError where a parameter is missing or has another shape (when the binder is called)
 */
export function initialiserBinder(parameters: ReadonlyMap<string, Tensor>): Binder {
  return (tape, { name, shape, as, unit, gain }) => {
    const tensor = parameters.get(name);
    if (tensor === undefined) throw new TypeError(`the parameter ${name} is missing`);
    if (tensor.shape.join() !== shape.join())
      throw new TypeError(
        `the parameter ${name} is [${tensor.shape.join(", ")}] (need [${shape.join(", ")}])`,
      );
    return tape.constant(normaliseWeight(Float64Array.from(tensor.data), shape[0], { unit, gain }), as, {
      name,
    });
  };
}
