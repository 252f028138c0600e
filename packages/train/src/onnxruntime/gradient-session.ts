/**
 * Gradients from one session of ONNX Runtime, which is handed in: onnxruntime-node's in a worker thread, or
 * onnxruntime-web's in a page. Nothing here needs Node.
 */
import type { InferenceSession, Tensor } from "onnxruntime-common";
import { cutShare, filled, imageCount, type BatchInputs, type Share } from "./training.ts";

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

export interface GradientSession {
  /** The loss of each image, and the gradient of their sum, by the weights. */
  gradient(
    weights: Float32Array,
    share: Share,
  ): Promise<{ readonly loss: Float32Array; readonly gradient: Float32Array }>;
  /** What the network says of images by any weights; of the inputs, those that it takes. */
  network(weights: Float32Array, images: Share): Promise<Float32Array>;
  dispose(): Promise<void>;
}

/** The bytes of each graph of `training-graph.ts`. */
export interface GradientModels {
  readonly layout: Uint8Array;
  readonly body: Uint8Array;
  readonly network: Uint8Array;
}

export interface GradientSessionOptions {
  readonly ort: Ort;
  readonly models: GradientModels;
  readonly inputs: BatchInputs;
  /** The number of images that the body is for. */
  readonly batch: number;
  readonly session: InferenceSession.SessionOptions;
}

/** Opens the sessions of a training step; the one of the network alone follows when it is first needed. */
export async function openGradientSession(options: GradientSessionOptions): Promise<GradientSession> {
  const { ort, models, inputs, batch, session: settings } = options;
  const open = (model: Uint8Array): Promise<InferenceSession> => ort.InferenceSession.create(model, settings);
  const layout = await open(models.layout);
  const body = await open(models.body);
  let network: Promise<InferenceSession> | undefined;
  const vector = (data: Float32Array): Tensor => new ort.Tensor("float32", data, [data.length]);
  const feeds = (share: Share): Record<string, Tensor> => feedsOf(ort, inputs, share);
  const read = async (tensor: Tensor): Promise<Float32Array> => (await tensor.getData()) as Float32Array;

  return {
    async gradient(weights, share) {
      const count = imageCount(inputs, share);
      const loss = new Float32Array(count);
      const laidOut = await layout.run({ weights: vector(weights) });
      let sum: Float32Array | undefined;
      for (let from = 0; from < count; from += batch) {
        const part = filled(inputs, cutShare(inputs, share, from, Math.min(from + batch, count)), batch);
        const made = await body.run({ ...laidOut, ...feeds(part) });
        loss.set((await read(made.loss)).subarray(0, count - from), from);
        const gradient = await read(made.gradient);
        if (sum === undefined) sum = gradient;
        else for (let i = 0; i < sum.length; i++) sum[i] += gradient[i];
      }
      if (sum === undefined) throw new RangeError("cannot take the gradient of no images");
      return { loss, gradient: sum };
    },

    async network(weights, images) {
      network ??= open(models.network);
      const { said } = await (await network).run({ weights: vector(weights), ...feeds(images) });
      return read(said);
    },

    async dispose() {
      for (const session of [layout, body, await network]) await session?.release();
    },
  };
}

/** A share as tensors. */
export function feedsOf(ort: Ort, inputs: BatchInputs, share: Share): Record<string, Tensor> {
  const count = imageCount(inputs, share);
  const entries = Object.entries(share).map(([name, values]) => {
    const { type, shape } = inputs[name];
    return [name, new ort.Tensor(type, values, [count, ...shape])] as const;
  });
  return Object.fromEntries(entries);
}
