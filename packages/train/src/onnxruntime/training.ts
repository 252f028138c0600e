/** What a training step needs to know of a task: a network, and what makes a loss of each image from its inputs. */
import type { Parameter, Shape } from "@ncsn/core";
import type { Binder, Dimension, Tape, Value } from "@ncsn/export";
import type { Weights } from "./weights.ts";

/** An input of a training step, with something of every image. */
export interface BatchInput {
  readonly type: "float32" | "int32";
  /** Of one image; [] is a number. */
  readonly shape: Shape;
  /** What fills up a run that has fewer images than it is for: such an image has loss 0 and gradient 0. */
  readonly fill: number;
}

/** The inputs of a training step by name; the images themselves are `x`. */
export type BatchInputs = Readonly<Record<string, BatchInput>> & { readonly x: BatchInput };

/** Values of some inputs, images one after the other. */
export type Share = Readonly<Record<string, Float32Array | Int32Array>>;

/** A task: `scoreTraining` and `classifierTraining` make them. */
export interface Training {
  /** The table of the network's parameters. */
  readonly parameters: readonly Parameter[];
  readonly weights: Weights;
  readonly inputs: BatchInputs;
  /** What the network says of images: scores, logits. Declares those of the inputs that it takes. */
  network(recording: Tape, batch: Dimension, bind: Binder): Value;
  /** The loss of each image [batch] from what the network says. Declares the other inputs. */
  loss(recording: Tape, said: Value, batch: number): Value;
}

/** Declares an input on a tape. */
export const declare = (recording: Tape, inputs: BatchInputs, name: string, batch: Dimension): Value =>
  recording.input(name, inputs[name].type, [batch, ...inputs[name].shape]);

/** The number of images of a share. */
export const imageCount = (inputs: BatchInputs, { x }: Share): number => x.length / elements(inputs.x.shape);

/** Images `from` to before `to`, in the same memory. */
export function cutShare(inputs: BatchInputs, share: Share, from: number, to: number): Share {
  const entries = Object.entries(share).map(([name, values]) => {
    const each = elements(inputs[name].shape);
    return [name, values.subarray(from * each, to * each)] as const;
  });
  return Object.fromEntries(entries);
}

/** A share of exactly `count` images, with inputs' own filling after the last. */
export function filled(inputs: BatchInputs, share: Share, count: number): Share {
  const entries = Object.entries(share).map(([name, values]) => {
    const { type, shape, fill } = inputs[name];
    const length = count * elements(shape);
    if (values.length === length) return [name, values] as const;
    const whole = (type === "int32" ? new Int32Array(length) : new Float32Array(length)).fill(fill);
    whole.set(values);
    return [name, whole] as const;
  });
  return Object.fromEntries(entries);
}

/** The number of elements of a shape. */
export const elements = (shape: Shape): number => shape.reduce((a, b) => a * b, 1);
