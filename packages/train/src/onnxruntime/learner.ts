/** Parameters that learn: gradients from ONNX Runtime's graphs, and Adam here by core's own `adamStep`. */
import {
  adamStep,
  stateGroups,
  type Hyper,
  type OptimiserOptions,
  type Parameter,
  type StateGroup,
  type Tensor,
} from "@ncsn/core";
import type { NotFinite } from "../engine.ts";
import { firstBadParameter } from "./first-not-finite.ts";
import { elements, type Share, type Training } from "./training.ts";

/** Where gradients come from: one session in this thread, or one a core in threads of their own. */
export interface Gradients {
  /** For people: "ONNX Runtime on cpu, 2 sessions". */
  readonly description: string;
  /** The loss of each image, and the gradient of their sum, by the weights (`weights.ts`). */
  gradient(
    weights: Float32Array,
    batch: Share,
  ): Promise<{ readonly loss: Float32Array; readonly gradient: Float32Array }>;
  /** What the network says of images. */
  network(weights: Float32Array, images: Share): Promise<Float32Array>;
  /** The first tensor that is not finite in a step on this batch; undefined where no image alone has one. */
  locate(weights: Float32Array, batch: Share): Promise<NotFinite | undefined>;
  dispose(): Promise<void>;
}

export interface LearnerOptions {
  readonly training: Training;
  readonly gradients: Gradients;
  /** Initial values by name, canonical layout; see core's `initialise`. */
  readonly parameters: ReadonlyMap<string, Tensor>;
  readonly optimiser: Pick<OptimiserOptions, "beta1" | "beta2" | "epsilon">;
}

export interface Learner {
  /** One Adam step. A loss or gradient that is not finite leaves the state as it is. */
  step(batch: Share, hyper: Hyper): Promise<{ readonly loss: Float64Array; readonly gradNorm: number }>;
  /** What the network says of images by the parameters or their moving average. */
  network(images: Share, which: "raw" | "ema"): Promise<Float32Array>;
  /** As `Engine.locate`. */
  locate(batch: Share): Promise<NotFinite | undefined>;
  /** As `Engine.state`: `raw/…`, `ema/…`, `adam.m/…`, `adam.v/…` by parameter name. */
  state(): ReadonlyMap<string, Tensor>;
  /** Takes over a state of `state()`, with the number of steps already taken. */
  restore(state: ReadonlyMap<string, Tensor>, step: number): void;
}

/** A learner at its start; its state is flat arrays that never leave this thread. */
export function learner({ training, gradients, parameters, optimiser }: LearnerOptions): Learner {
  const { parameters: table, weights } = training;
  const layout = flatLayout(table);
  let state: Record<StateGroup, Float32Array> = {
    raw: layout.pack(parameters),
    ema: layout.pack(parameters),
    "adam.m": new Float32Array(layout.size),
    "adam.v": new Float32Array(layout.size),
  };
  let steps = 0;

  return {
    async step(batch, hyper) {
      const { loss, gradient: byWeights } = await gradients.gradient(weights.ofParameters(state.raw), batch);
      const gradient = weights.gradient(state.raw, byWeights, 1 / loss.length);
      if (!loss.every(Number.isFinite)) return { loss: Float64Array.from(loss), gradNorm: NaN };
      steps += 1;
      const { raw, ema, "adam.m": m, "adam.v": v } = state;
      const gradNorm = adamStep({ raw, ema, m, v }, gradient, steps, hyper, optimiser);
      return { loss: Float64Array.from(loss), gradNorm };
    },

    network: (images, which) => gradients.network(weights.ofParameters(state[which]), images),

    locate: async (batch) =>
      firstBadParameter(table, state.raw) ?? gradients.locate(weights.ofParameters(state.raw), batch),

    state: () =>
      new Map(
        stateGroups.flatMap((group) =>
          [...layout.unpack(state[group])].map(([name, tensor]) => [`${group}/${name}`, tensor] as const),
        ),
      ),

    restore(saved, step) {
      const of = (group: StateGroup) => layout.pack(saved, `${group}/`);
      state = { raw: of("raw"), ema: of("ema"), "adam.m": of("adam.m"), "adam.v": of("adam.v") };
      steps = step;
    },
  };
}

/** Where each parameter lies in one flat array, and the ways in and out. */
function flatLayout(parameters: readonly Parameter[]) {
  const entries = parameters.map(({ name, shape }) => ({
    name,
    shape,
    length: elements(shape),
  }));
  const size = entries.reduce((sum, { length }) => sum + length, 0);
  return {
    size,
    pack(tensors: ReadonlyMap<string, Tensor>, prefix = ""): Float32Array {
      const flat = new Float32Array(size);
      let at = 0;
      for (const { name, shape, length } of entries) {
        const tensor = tensors.get(prefix + name);
        if (tensor === undefined || tensor.shape.join() !== shape.join())
          throw new RangeError(`the state has no tensor ${prefix}${name} of shape [${shape.join(", ")}]`);
        flat.set(tensor.data, at);
        at += length;
      }
      return flat;
    },
    unpack(flat: Float32Array): Map<string, Tensor> {
      let at = 0;
      return new Map(
        entries.map(({ name, shape, length }) => [name, { shape, data: flat.slice(at, (at += length)) }]),
      );
    },
  };
}
