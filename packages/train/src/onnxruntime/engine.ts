import {
  adamStep,
  stateGroups,
  summarize,
  type Batch,
  type OptimiserOptions,
  type Parameter,
  type ScoreModel,
  type Shape,
  type StateGroup,
  type Tensor,
} from "@ncsn/core";
import type { Engine, NotFinite } from "../engine.ts";
import { firstBadParameter } from "./first-not-finite.ts";
import type { Share } from "./gradient-session.ts";
import { weightsOf } from "./weights.ts";

/** Where gradients come from: one session in this thread, or one a core in threads of their own. */
export interface Gradients {
  /** For people: "ONNX Runtime on cpu, 2 sessions". */
  readonly description: string;
  /** The loss of each image, and the gradient of their sum, by the weights (`weights.ts`). */
  gradient(
    weights: Float32Array,
    batch: Share,
  ): Promise<{ readonly loss: Float32Array; readonly gradient: Float32Array }>;
  score(weights: Float32Array, images: Pick<Share, "x" | "sigma" | "label">): Promise<Float32Array>;
  /** The first tensor that is not finite in a step on this batch; undefined where no image alone has one. */
  locate(weights: Float32Array, batch: Share): Promise<NotFinite | undefined>;
  dispose(): Promise<void>;
}

export interface OnnxEngineOptions {
  readonly gradients: Gradients;
  readonly model: ScoreModel;
  /** [C, H, W] */
  readonly shape: Shape;
  /** Initial values by name, canonical layout; see core's `initialise`. */
  readonly parameters: ReadonlyMap<string, Tensor>;
  readonly optimiser: Pick<OptimiserOptions, "beta1" | "beta2" | "epsilon">;
}

type State = Record<StateGroup, Float32Array>;

/**
 * The engine on ONNX Runtime: gradients from its graphs, and Adam here by core's own `adamStep`, over flat arrays that
 * never leave this thread.
 */
export function onnxEngine({ gradients, model, shape, parameters, optimiser }: OnnxEngineOptions): Engine {
  const { parameters: table } = summarize(model, shape);
  const layout = flatLayout(table);
  const weights = weightsOf(model, shape, table);
  let state: State = {
    raw: layout.pack(parameters),
    ema: layout.pack(parameters),
    "adam.m": new Float32Array(layout.size),
    "adam.v": new Float32Array(layout.size),
  };
  let steps = 0;

  return {
    description: gradients.description,

    async step(batch, hyper) {
      const { loss, gradient: byWeights } = await gradients.gradient(
        weights.ofParameters(state.raw),
        shareOf(batch),
      );
      const gradient = weights.gradient(state.raw, byWeights, 1 / loss.length);
      if (!loss.every(Number.isFinite)) return { loss: Float64Array.from(loss), gradNorm: NaN };
      steps += 1;
      const { raw, ema, "adam.m": m, "adam.v": v } = state;
      const gradNorm = adamStep({ raw, ema, m, v }, gradient, steps, hyper, optimiser);
      return { loss: Float64Array.from(loss), gradNorm };
    },

    score: (x, sigma, which, label) =>
      gradients.score(weights.ofParameters(state[which]), {
        x,
        sigma: Float32Array.from(sigma),
        ...(label === undefined ? {} : { label }),
      }),

    locate: async (batch) =>
      firstBadParameter(table, state.raw) ??
      gradients.locate(weights.ofParameters(state.raw), shareOf(batch)),

    state: () =>
      Promise.resolve(
        new Map(
          stateGroups.flatMap((group) =>
            [...layout.unpack(state[group])].map(([name, tensor]) => [`${group}/${name}`, tensor] as const),
          ),
        ),
      ),

    restore(saved, step) {
      const of = (group: StateGroup) => layout.pack(saved, `${group}/`);
      state = { raw: of("raw"), ema: of("ema"), "adam.m": of("adam.m"), "adam.v": of("adam.v") };
      steps = step;
      return Promise.resolve();
    },

    dispose: () => gradients.dispose(),
  };
}

/** A batch as the training graph wants it. */
function shareOf({ x, z, sigma, weight, label, projection }: Batch): Share {
  return {
    x,
    target: projection ?? noiseTarget(z, sigma, weight),
    root: Float32Array.from(weight, Math.sqrt),
    sigma: Float32Array.from(sigma),
    ...(label === undefined ? {} : { label }),
  };
}

/** −√weight·z/σ: √weight·(score + z/σ) is what the graph squares. */
function noiseTarget(z: Float32Array, sigma: Float64Array, weight: Float64Array): Float32Array {
  const dimension = z.length / sigma.length;
  const target = new Float32Array(z.length);
  sigma.forEach((level, image) => {
    const factor = -Math.sqrt(weight[image]) / level;
    for (let i = image * dimension; i < (image + 1) * dimension; i++) target[i] = factor * z[i];
  });
  return target;
}

/** Where each parameter lies in one flat array, and the ways in and out. */
function flatLayout(parameters: readonly Parameter[]) {
  const entries = parameters.map(({ name, shape }) => ({
    name,
    shape,
    length: shape.reduce((a, b) => a * b, 1),
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
