import {
  applyScore,
  stateGroups,
  summarize,
  type Batch,
  type Hyper,
  type Matching,
  type OptimiserOptions,
  type Parameter,
  type ScoreModel,
  type Shape,
  type StateGroup,
  type Tensor,
} from "@ncsn/core";
import * as tf from "@tensorflow/tfjs";
import { NotTrainableError, type Engine } from "../engine.ts";
import type { BackendName } from "./available.ts";
import { openBackend } from "./backends.ts";
import { engineLayout, tfjsNn } from "./tfjs-nn.ts";

export interface TfjsEngineOptions {
  readonly backend: BackendName | "auto";
  readonly model: ScoreModel;
  /** [C, H, W] */
  readonly shape: Shape;
  /** Initial values by name, canonical layout; see core's `initialise`. */
  readonly parameters: ReadonlyMap<string, Tensor>;
  readonly optimiser: Pick<OptimiserOptions, "beta1" | "beta2" | "epsilon">;
  /** `denoising` unless told, and nothing else. */
  readonly matching?: Matching;
}

/** Parameters, moving average and optimiser, each as one flat tensor: Adam is then a dozen operations, whatever the net. */
type State = Record<StateGroup, tf.Tensor1D>;

/**
 * The engine on TensorFlow.js. A step is one tidy, a pure function from state and batch to the next state, with one
 * read-back at its end: the losses and the gradient's norm.
 * @throws BackendError where the backend cannot be had
 * @throws NotTrainableError for sliced score matching
 */
export async function openTfjsEngine({
  backend,
  model,
  shape,
  parameters,
  optimiser,
  matching = "denoising",
}: TfjsEngineOptions): Promise<Engine> {
  if (matching === "sliced")
    throw new NotTrainableError(
      "cannot train by sliced score matching on tfjs: it needs second derivatives, which TensorFlow.js has not of ELU, pooling and others (need --engine onnxruntime)",
    );
  const opened = await openBackend(backend);
  const layout = flatLayout(summarize(model, shape).parameters);
  const zeros = (): tf.Tensor1D => tf.zeros([layout.size]);
  let state: State = {
    raw: layout.pack(parameters),
    ema: layout.pack(parameters),
    "adam.m": zeros(),
    "adam.v": zeros(),
  };
  let steps = 0;

  const replace = (next: State): void => {
    tf.dispose(state);
    state = next;
  };

  const toImages = (values: Float32Array, count: number): tf.Tensor4D => {
    const [channels, height, width] = shape;
    const image = tf.tensor<tf.Rank.R4>(values, [count, channels, height, width]);
    return channels === 1 ? image.reshape([count, height, width, 1]) : image.transpose([0, 2, 3, 1]);
  };
  const column = (values: ArrayLike<number>): tf.Tensor2D =>
    tf.tensor2d(Float32Array.from(values), [values.length, 1]);

  /** Scores in NHWC from the parameters as tensors in the layout's order. */
  const scoreOf = (
    weights: readonly tf.Tensor[],
    x: tf.Tensor4D,
    sigma: tf.Tensor2D,
    label?: Int32Array,
  ): tf.Tensor4D => {
    const nn = tfjsNn((name) => weights[layout.index(name)]);
    return applyScore(nn, model, x, sigma, label === undefined ? undefined : column(label));
  };

  return {
    description: `tfjs on ${opened.description}`,

    async step(batch: Batch, { rate, emaDecay, clip }: Hyper) {
      const count = batch.sigma.length;
      steps += 1;
      const { beta1, beta2, epsilon } = optimiser;
      const { next, report, losses } = tf.tidy(() => {
        const x = toImages(batch.x, count);
        const z = toImages(batch.z, count);
        // √w·(score + z/σ), so that the loss is its mean square
        const root = column(batch.weight.map(Math.sqrt)).reshape([count, 1, 1, 1]);
        const target = z.mul(
          column(batch.weight.map((w, i) => -Math.sqrt(w) / batch.sigma[i])).reshape([count, 1, 1, 1]),
        );
        const sigma = column(batch.sigma);
        let perImage: tf.Tensor = tf.scalar(0);
        const { grads } = tf.valueAndGrads((...weights: tf.Tensor[]) => {
          const residual = scoreOf(weights, x, sigma, batch.label).mul(root).sub(target);
          perImage = tf.keep(residual.square().mean([1, 2, 3])); // kept: gradients drop what their function leaves
          return perImage.mean().asScalar();
        })(layout.unpack(state.raw));

        const gradient = tf.concat1d(grads.map((g) => g.flatten()));
        const norm = tf.sqrt(tf.sum(tf.square(gradient)));
        const g = clip === Infinity ? gradient : gradient.mul(tf.minimum(1, tf.div(clip, norm)));
        const m = tf.add<tf.Tensor1D>(state["adam.m"].mul(beta1), g.mul(1 - beta1));
        const v = tf.add<tf.Tensor1D>(state["adam.v"].mul(beta2), g.square().mul(1 - beta2));
        const direction = tf.div(m, tf.sqrt(v.mul(1 / (1 - beta2 ** steps))).add(epsilon));
        const raw = tf.sub<tf.Tensor1D>(state.raw, direction.mul(rate / (1 - beta1 ** steps)));
        const ema = tf.add<tf.Tensor1D>(state.ema.mul(emaDecay), raw.mul(1 - emaDecay));
        return {
          next: { raw, ema, "adam.m": m, "adam.v": v },
          report: tf.concat([perImage.flatten(), norm.reshape([1])]),
          losses: perImage,
        };
      });
      replace(next);
      losses.dispose();
      const values = await report.data();
      report.dispose();
      return { loss: Float64Array.from(values.subarray(0, count)), gradNorm: values[count] };
    },

    async score(x, sigma, which, label) {
      const count = sigma.length;
      const scores = tf.tidy(() => {
        const nhwc = scoreOf(layout.unpack(state[which]), toImages(x, count), column(sigma), label);
        return shape[0] === 1 ? nhwc : nhwc.transpose([0, 3, 1, 2]);
      });
      const values = (await scores.data()) as Float32Array;
      scores.dispose();
      return values;
    },

    async state() {
      const groups = await Promise.all(
        stateGroups.map(async (name) =>
          [...(await layout.read(state[name]))].map(([key, tensor]) => [`${name}/${key}`, tensor] as const),
        ),
      );
      return new Map(groups.flat());
    },

    restore(saved, step) {
      const of = (name: StateGroup) => layout.pack(saved, `${name}/`);
      replace({ raw: of("raw"), ema: of("ema"), "adam.m": of("adam.m"), "adam.v": of("adam.v") });
      steps = step;
      return Promise.resolve();
    },

    dispose() {
      tf.dispose(state);
      return Promise.resolve();
    },
  };
}

/** Where each parameter lies in one flat vector, and the ways in and out. */
function flatLayout(parameters: readonly Parameter[]) {
  const entries = parameters.map(({ name, shape }) => ({ name, canonical: shape, ...engineLayout(shape) }));
  const sizes = entries.map(({ shape }) => shape.reduce((a, b) => a * b, 1));
  const indices = new Map(entries.map(({ name }, i) => [name, i]));

  return {
    size: sizes.reduce((a, b) => a + b, 0),
    index(name: string): number {
      const index = indices.get(name);
      if (index === undefined)
        throw new Error(`the network asks for parameter ${name}, which is not in its table`);
      return index;
    },
    /** Canonical tensors, their names behind a prefix, as one flat tensor. */
    pack: (tensors: ReadonlyMap<string, Tensor>, prefix = ""): tf.Tensor1D =>
      tf.tidy(() =>
        tf.concat1d(
          entries.map(({ name, canonical, toEngine }) => {
            const tensor = tensors.get(prefix + name);
            if (tensor === undefined || tensor.shape.join() !== canonical.join())
              throw new RangeError(
                `the state has no tensor ${prefix}${name} of shape [${canonical.join(", ")}]`,
              );
            return tf
              .tensor(tensor.data, [...canonical])
              .transpose(toEngine)
              .flatten();
          }),
        ),
      ),
    /** The parameters of a flat tensor, in the layouts of {@link tfjsNn}. */
    unpack: (flat: tf.Tensor1D): tf.Tensor[] =>
      tf.split(flat, sizes).map((part, i) => part.reshape(entries[i].shape)),
    /** The parameters of a flat tensor on the host, in canonical layout. */
    async read(flat: tf.Tensor1D): Promise<Map<string, Tensor>> {
      const canonical = tf.tidy(() =>
        tf.concat1d(
          tf
            .split(flat, sizes)
            .map((part, i) => part.reshape(entries[i].shape).transpose(entries[i].toCanonical).flatten()),
        ),
      );
      const values = await canonical.data();
      canonical.dispose();
      let at = 0;
      return new Map(
        entries.map(({ name, canonical: shape }, i) => [
          name,
          { shape, data: values.slice(at, (at += sizes[i])) as Float32Array },
        ]),
      );
    },
  };
}
