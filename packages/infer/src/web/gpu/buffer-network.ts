/** A network in ONNX Runtime on WebGPU that is fed from buffers and answers into buffers. */
import type { Card } from "@ncsn/core";
import type * as Ort from "onnxruntime-web/webgpu";
import { captureGraph, type CapturedGraph } from "./captured-graph.ts";

/** What a {@link openBufferNetwork} is of. */
export interface BufferNetworkOptions {
  /** The build of ONNX Runtime that has WebGPU. */
  readonly ort: Pick<typeof Ort, "Tensor" | "env">;
  /** Opens a session of the model with these options; more than one may be open. */
  readonly open: (options: Ort.InferenceSession.SessionOptions) => Promise<OpenSession>;
}

/** A session and what is known of it. */
export interface OpenSession {
  readonly inference: Ort.InferenceSession;
  readonly card: Card;
  /** The batch that the file is bound to, where it is. */
  readonly fixedBatch: number | undefined;
}

/** An open network. What is done with it is done inside {@link BufferNetwork.alone}. */
export interface BufferNetwork {
  /** The device that ONNX Runtime computes on. */
  readonly device: GPUDevice;
  readonly card: Card;
  /** The batch that the file is bound to, where it is. */
  readonly fixedBatch: number | undefined;
  /** Does a work when all before it has ended: runs must not overlap, nor what goes into their buffers. */
  alone<Result>(work: () => Promise<Result>): Promise<Result>;
  /** A buffer as a tensor: the same one each time. */
  tensor(buffer: GPUBuffer, dataType: "float32" | "int32", dims: readonly number[]): Ort.Tensor;
  run(feeds: Record<string, Ort.Tensor>, fetches: Record<string, Ort.Tensor>): Promise<unknown>;
  /** The network captured for so many images, once it was asked for often enough to pay. */
  captured(images: number): Promise<CapturedGraph | undefined>;
  release(): Promise<void>;
}

/**
 * How often a number of images is asked for before the network is captured for it. Capturing costs a second session,
 * which a first short sampling (Heun's 18 steps are 35 scores, 40 steps of an SDE are 40) would not earn.
 */
const captureAfter = 50;

const sessionOptions = {
  executionProviders: [{ name: "webgpu" }],
  preferredOutputLocation: "gpu-buffer",
} as const satisfies Ort.InferenceSession.SessionOptions;

/** Opens the network. @throws what `open` throws */
export async function openBufferNetwork({ ort, open }: BufferNetworkOptions): Promise<BufferNetwork> {
  const { inference, card, fixedBatch } = await open(sessionOptions);
  const device = await ort.env.webgpu.device;
  const tensors = new WeakMap<GPUBuffer, Ort.Tensor>();
  const asked = new Map<number, number>();
  let graph: CapturedGraph | undefined;
  let refused = false;
  let queue: Promise<unknown> = Promise.resolve();

  const network: BufferNetwork = {
    device,
    card,
    fixedBatch,
    alone<Result>(work: () => Promise<Result>): Promise<Result> {
      const result = queue.then(work);
      queue = result.catch(() => undefined);
      return result;
    },
    tensor(buffer, dataType, dims) {
      const known = tensors.get(buffer) ?? ort.Tensor.fromGpuBuffer(buffer, { dataType, dims });
      tensors.set(buffer, known);
      return known;
    },
    run: (feeds, fetches) => inference.run(feeds, fetches),
    async captured(images) {
      if (graph?.images === images || refused) return graph;
      const times = (asked.get(images) ?? 0) + 1;
      asked.set(images, times);
      if (times < captureAfter) return undefined;
      asked.clear();
      await graph?.release();
      graph = undefined;
      try {
        graph = await captureGraph(network, images, async () => {
          const session = await open({ ...sessionOptions, enableGraphCapture: true });
          return session.inference;
        });
      } catch {
        refused = true; // an operator without a kernel on WebGPU, say: it goes on as it went until here
      }
      return graph;
    },
    async release() {
      await graph?.release();
      await inference.release();
    },
  };
  return network;
}
