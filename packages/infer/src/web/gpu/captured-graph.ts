/**
 * A network's commands, recorded once for one number of images and replayed since. ONNX Runtime then neither walks its
 * graph nor writes the scalars of each kernel for every score. In return all that goes in and out stays in the same
 * buffers.
 */
import type { InferenceSession } from "onnxruntime-web/webgpu";
import type { BufferNetwork } from "./buffer-network.ts";
import { paddedSize } from "./padded-size.ts";

/** A captured network and the buffers that it reads and writes. */
export interface CapturedGraph {
  readonly images: number;
  readonly x: GPUBuffer;
  readonly sigma: GPUBuffer;
  /** Of networks that know classes. */
  readonly label: GPUBuffer | undefined;
  /** Scores what the buffers hold. @returns the buffer of the score, which is ONNX Runtime's own */
  run(): Promise<GPUBuffer>;
  release(): Promise<void>;
}

/** Opens a session that captures at its first run. @throws where ONNX Runtime cannot capture this network */
export async function captureGraph(
  { device, card, tensor }: Pick<BufferNetwork, "device" | "card" | "tensor">,
  images: number,
  open: () => Promise<InferenceSession>,
): Promise<CapturedGraph> {
  const session = await open();
  const dimension = card.shape.reduce((product, length) => product * length, 1);
  const { STORAGE, COPY_SRC, COPY_DST } = GPUBufferUsage;
  const create = (label: string, elements: number): GPUBuffer =>
    device.createBuffer({ label, size: paddedSize(4 * elements), usage: STORAGE | COPY_SRC | COPY_DST });
  const x = create("captured x", images * dimension);
  const sigma = create("captured sigma", images);
  const label = card.classes && create("captured label", images);
  const dims = [images, ...card.shape];
  const feeds = {
    x: tensor(x, "float32", dims),
    sigma: tensor(sigma, "float32", [images]),
    ...(label && { label: tensor(label, "int32", [images]) }),
  };
  return {
    images,
    x,
    sigma,
    label,
    async run() {
      // Of a buffer of ours that it captured, ONNX Runtime 1.30 keeps an address that is free again after the run.
      const { score } = await session.run(feeds);
      const { gpuBuffer } = score;
      score.dispose(); // of the tensor: the buffer stays bound
      return gpuBuffer;
    },
    async release() {
      await session.release();
      for (const buffer of [x, sigma, label]) buffer?.destroy();
    },
  };
}
