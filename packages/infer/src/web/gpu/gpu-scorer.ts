/** Scores by ONNX Runtime on WebGPU, from buffer to buffer: x and the score stay on the GPU. */
import type { Card, Given, PerImage } from "@ncsn/core";
import type { InferenceSession, Tensor, TensorConstructor } from "onnxruntime-web/webgpu";
import { paddedSize } from "./padded-size.ts";
import { whileAlive } from "./lost-device.ts";

/** A network that is open on ONNX Runtime's WebGPU provider. */
export interface GpuNetwork {
  /** The device that ONNX Runtime computes on. */
  readonly device: GPUDevice;
  readonly ort: { readonly Tensor: TensorConstructor & { fromGpuBuffer: typeof Tensor.fromGpuBuffer } };
  /** Runs the network into the tensors given as fetches; one call after the other, whoever calls. */
  readonly run: (feeds: InferenceSession.FeedsType, fetches: Record<string, Tensor>) => Promise<unknown>;
  readonly card: Pick<Card, "shape" | "classes">;
  /** The batch that the file is bound to, where it is. */
  readonly fixedBatch: number | undefined;
}

/** What a scorer is for. */
export interface GpuScorerOptions {
  readonly count: number;
  /** Images per run at most. */
  readonly batch: number;
  /** A class per image, for networks that know classes; −1 for none. */
  readonly labels?: Int32Array;
  /** Called before every run; throws to stop. */
  readonly check?: () => void | Promise<void>;
}

/** Scores of a fixed number of images. */
export interface GpuScorer {
  /** Writes the score of x to `out`, another buffer. @throws DeviceLostError */
  score(x: GPUBuffer, sigma: PerImage, out: GPUBuffer, given?: Given): Promise<void>;
  /** Frees the buffers that the scorer has made. */
  dispose(): void;
}

/** How a session for {@link gpuScorer} is to be made. */
export const gpuSessionOptions = {
  executionProviders: [{ name: "webgpu" }],
  graphOptimizationLevel: "all",
  preferredOutputLocation: "gpu-buffer",
} as const satisfies InferenceSession.SessionOptions;

/**
 * Scores `count` images in runs of equal size, the fewest that `batch` allows: the shapes stay the same, so that shaders
 * are compiled once, and where one run does, it reads and writes the caller's buffers. A tensor cannot begin inside a
 * buffer, so several runs go through buffers of their own, copied on the GPU. σ goes from float64 to float32 here.
 */
export function gpuScorer(network: GpuNetwork, { count, batch, labels, check }: GpuScorerOptions): GpuScorer {
  const { device, ort, card, fixedBatch } = network;
  const runs = Math.ceil(count / (fixedBatch ?? batch));
  const size = fixedBatch ?? Math.ceil(count / runs);
  const dimension = card.shape.reduce((product, length) => product * length, 1);
  const direct = runs === 1 && size === count;

  const { STORAGE, COPY_SRC, COPY_DST } = GPUBufferUsage;
  const made: GPUBuffer[] = [];
  const create = (label: string, elements: number): GPUBuffer => {
    const buffer = device.createBuffer({
      label,
      size: paddedSize(4 * elements),
      usage: STORAGE | COPY_SRC | COPY_DST,
    });
    made.push(buffer);
    return buffer;
  };
  const imagesOf = perBuffer((buffer) =>
    ort.Tensor.fromGpuBuffer(buffer, { dataType: "float32", dims: [size, ...card.shape] }),
  );
  const spare = direct
    ? undefined
    : { x: create("x of a run", size * dimension), out: create("score of a run", size * dimension) };

  const levels = new Float32Array(runs * size).fill(1);
  const sigmas = Array.from({ length: runs }, () => create("sigma", size));
  const sigmaTensors = sigmas.map((buffer) =>
    ort.Tensor.fromGpuBuffer(buffer, { dataType: "float32", dims: [size] }),
  );
  const classesOf = (labels: Int32Array): Tensor[] => {
    const padded = new Int32Array(runs * size).fill(-1);
    padded.set(labels);
    return Array.from({ length: runs }, (_, run) => {
      const buffer = create("label", size);
      device.queue.writeBuffer(buffer, 0, padded, run * size, size);
      return ort.Tensor.fromGpuBuffer(buffer, { dataType: "int32", dims: [size] });
    });
  };
  const classes = labels && { labels: classesOf(labels), nothing: classesOf(new Int32Array(count).fill(-1)) };
  const turn = inTurn(device);

  const copy = (from: GPUBuffer, at: number, to: GPUBuffer, toAt: number, images: number): void => {
    const bytes = 4 * dimension;
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(from, at * bytes, to, toAt * bytes, images * bytes);
    device.queue.submit([encoder.finish()]);
  };

  return {
    async score(x, sigma, out, given = "labels") {
      for (let i = 0; i < count; i++) levels[i] = typeof sigma === "number" ? sigma : sigma[i];
      for (let run = 0; run < runs; run++) {
        await check?.();
        const at = run * size;
        const images = Math.min(size, count - at);
        device.queue.writeBuffer(sigmas[run], 0, levels, at, size);
        if (spare) copy(x, at, spare.x, 0, images);
        const feeds: Record<string, Tensor> = { x: imagesOf(spare?.x ?? x), sigma: sigmaTensors[run] };
        if (classes) feeds.label = classes[given][run];
        await whileAlive(device, () => network.run(feeds, { score: imagesOf(spare?.out ?? out) }));
        if (spare) copy(spare.out, 0, out, at, images);
        await turn();
      }
    },
    dispose() {
      for (const buffer of made.splice(0)) buffer.destroy();
    },
  };
}

/** Runs that the GPU has before it: one that it computes and one that waits, so that a stop is heard within a step. */
const mostInFlight = 2;

/** Called after each run: waits until there is room for the next. */
function inTurn(device: GPUDevice): () => Promise<void> {
  let ends: readonly Promise<void>[] = [];
  return async () => {
    const end = device.queue.onSubmittedWorkDone().catch(() => undefined); // whileAlive tells of a lost device
    ends = [...ends, end];
    if (ends.length < mostInFlight) return;
    const [first, ...others] = ends;
    ends = others;
    await whileAlive(device, () => first);
  };
}

/** A function of buffers that remembers what it made of each. */
function perBuffer<Value>(make: (buffer: GPUBuffer) => Value): (buffer: GPUBuffer) => Value {
  const made = new WeakMap<GPUBuffer, Value>();
  return (buffer) => {
    let value = made.get(buffer);
    if (value === undefined) made.set(buffer, (value = make(buffer)));
    return value;
  };
}
