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
  /** What the matching compares with: −√weight·z/σ, or the projection v. */
  readonly target: Float32Array;
  readonly root: Float32Array;
  readonly sigma: Float32Array;
  readonly label?: Int32Array;
}

export interface GradientSession {
  /** The loss of each image, and the gradient of their sum, by the weights. */
  gradient(
    weights: Float32Array,
    share: Share,
  ): Promise<{ readonly loss: Float32Array; readonly gradient: Float32Array }>;
  /** Scores by any weights. */
  score(weights: Float32Array, images: Pick<Share, "x" | "sigma" | "label">): Promise<Float32Array>;
  dispose(): Promise<void>;
}

/** The bytes of each graph of `training-graph.ts`. */
export interface GradientModels {
  readonly layout: Uint8Array;
  readonly body: Uint8Array;
  readonly scoring: Uint8Array;
}

export interface GradientSessionOptions {
  readonly ort: Ort;
  readonly models: GradientModels;
  /** The number of images that the body is for. */
  readonly batch: number;
  /** [C, H, W] */
  readonly shape: readonly number[];
  readonly session: InferenceSession.SessionOptions;
}

/** Opens the sessions of a training step; the one for scores follows when it is first needed. */
export async function openGradientSession(options: GradientSessionOptions): Promise<GradientSession> {
  const { ort, models, batch, shape, session: settings } = options;
  const dimension = shape.reduce((a, b) => a * b, 1);
  const open = (model: Uint8Array): Promise<InferenceSession> => ort.InferenceSession.create(model, settings);
  const layout = await open(models.layout);
  const body = await open(models.body);
  let scoring: Promise<InferenceSession> | undefined;
  const float = (data: Float32Array, dims: readonly number[]): Tensor =>
    new ort.Tensor("float32", data, dims);
  const vector = (data: Float32Array): Tensor => float(data, [data.length]);
  const images = ({ x, sigma, label }: Pick<Share, "x" | "sigma" | "label">): Record<string, Tensor> => ({
    x: float(x, [sigma.length, ...shape]),
    sigma: vector(sigma),
    ...(label === undefined ? {} : { label: new ort.Tensor("int32", label, [label.length]) }),
  });
  const read = async (tensor: Tensor): Promise<Float32Array> => (await tensor.getData()) as Float32Array;

  return {
    async gradient(weights, share) {
      const count = share.sigma.length;
      const loss = new Float32Array(count);
      const laidOut = await layout.run({ weights: vector(weights) });
      let sum: Float32Array | undefined;
      for (let from = 0; from < count; from += batch) {
        const part = cut(share, from, batch, dimension);
        const made = await body.run({
          ...laidOut,
          ...images(part),
          root: float(part.root, [batch, 1, 1, 1]),
          target: float(part.target, [batch, ...shape]),
        });
        loss.set((await read(made.loss)).subarray(0, count - from), from);
        const gradient = await read(made.gradient);
        if (sum === undefined) sum = gradient;
        else for (let i = 0; i < sum.length; i++) sum[i] += gradient[i];
      }
      if (sum === undefined) throw new RangeError("cannot take the gradient of no images");
      return { loss, gradient: sum };
    },

    async score(weights, given) {
      scoring ??= open(models.scoring);
      const made = await (await scoring).run({ weights: vector(weights), ...images(given) });
      return read(made.score);
    },

    async dispose() {
      for (const session of [layout, body, await scoring]) await session?.release();
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
