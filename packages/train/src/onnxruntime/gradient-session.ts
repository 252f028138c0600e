/**
 * Gradients from one session of ONNX Runtime, which is handed in: onnxruntime-node's in a worker thread, or
 * onnxruntime-web's in a page. Nothing here needs Node.
 */
import type { InferenceSession, Tensor } from "onnxruntime-common";

/** What is used of ONNX Runtime. */
export interface Ort {
  readonly InferenceSession: {
    create(model: Uint8Array, options: InferenceSession.SessionOptions): Promise<InferenceSession>;
  };
  readonly Tensor: new (
    type: "float32" | "int32",
    data: Float32Array | Int32Array,
    dims: readonly number[],
  ) => Tensor;
}

/** A part of a batch as the training graph wants it; images one after the other. */
export interface Share {
  readonly x: Float32Array;
  readonly target: Float32Array;
  readonly root: Float32Array;
  readonly sigma: Float32Array;
  readonly label?: Int32Array;
}

export interface GradientSession {
  /** The loss of each image, and the gradient of their sum. */
  gradient(
    parameters: Float32Array,
    share: Share,
  ): Promise<{ readonly loss: Float32Array; readonly gradient: Float32Array }>;
  /** Scores by any parameters. */
  score(parameters: Float32Array, images: Pick<Share, "x" | "sigma" | "label">): Promise<Float32Array>;
  dispose(): Promise<void>;
}

export interface GradientSessionOptions {
  readonly ort: Ort;
  /** The bytes of `trainingGraph`, and the number of images that it is for. */
  readonly training: Uint8Array;
  readonly batch: number;
  /** The bytes of `scoringGraph`. */
  readonly scoring: Uint8Array;
  /** [C, H, W] */
  readonly shape: readonly number[];
  readonly session: InferenceSession.SessionOptions;
}

/** Opens the training session; the one for scores follows when it is first needed. */
export async function openGradientSession(options: GradientSessionOptions): Promise<GradientSession> {
  const { ort, training, batch, scoring, shape, session: settings } = options;
  const dimension = shape.reduce((a, b) => a * b, 1);
  const session = await ort.InferenceSession.create(training, settings);
  let scores: Promise<InferenceSession> | undefined;
  const float = (data: Float32Array, dims: readonly number[]): Tensor =>
    new ort.Tensor("float32", data, dims);
  const images = ({ x, sigma, label }: Pick<Share, "x" | "sigma" | "label">): Record<string, Tensor> => ({
    x: float(x, [sigma.length, ...shape]),
    sigma: float(sigma, [sigma.length]),
    ...(label === undefined ? {} : { label: new ort.Tensor("int32", label, [label.length]) }),
  });

  return {
    async gradient(parameters, share) {
      const count = share.sigma.length;
      const flat = float(parameters, [parameters.length]);
      const loss = new Float32Array(count);
      let sum: Float32Array | undefined;
      for (let from = 0; from < count; from += batch) {
        const part = cut(share, from, batch, dimension);
        const made = await session.run({
          parameters: flat,
          ...images(part),
          root: float(part.root, [batch, 1, 1, 1]),
          target: float(part.target, [batch, ...shape]),
        });
        loss.set(((await made.loss.getData()) as Float32Array).subarray(0, count - from), from);
        const gradient = (await made.gradient.getData()) as Float32Array;
        if (sum === undefined) sum = gradient;
        else for (let i = 0; i < sum.length; i++) sum[i] += gradient[i];
      }
      return { loss, gradient: sum ?? new Float32Array(parameters.length) };
    },

    async score(parameters, given) {
      scores ??= ort.InferenceSession.create(scoring, settings);
      const made = await (
        await scores
      ).run({ parameters: float(parameters, [parameters.length]), ...images(given) });
      return (await made.score.getData()) as Float32Array;
    },

    async dispose() {
      await session.release();
      await (await scores)?.release();
    },
  };
}

/** `batch` images from `from` on; where there are fewer, images of weight 0 fill up. */
function cut(share: Share, from: number, batch: number, dimension: number): Share {
  const range = <A extends Float32Array | Int32Array>(values: A, each: number, fill: number): A => {
    const part = values.subarray(from * each, (from + batch) * each) as A;
    if (part.length === batch * each) return part;
    const whole = new (values.constructor as new (length: number) => A)(batch * each).fill(fill) as A;
    whole.set(part);
    return whole;
  };
  return {
    x: range(share.x, dimension, 0),
    target: range(share.target, dimension, 0),
    root: range(share.root, 1, 0),
    sigma: range(share.sigma, 1, 1),
    ...(share.label === undefined ? {} : { label: range(share.label, 1, -1) }),
  };
}
