import type { Network } from "../workers/network.ts";
import {
  gpuScorer,
  gpuSpace,
  openBufferNetwork,
  type BufferNetwork,
  type BufferNetworkOptions,
  type GpuSpaceOptions,
} from "./gpu/index.ts";

/** A network on a GPU, and what that GPU says should it be lost. */
export interface OnGpu {
  readonly network: Network<GPUBuffer>;
  readonly lost: Promise<string>;
}

/** Opens a network on the GPU that ONNX Runtime computes on. @throws what `open` throws */
export async function openGpuNetwork(options: BufferNetworkOptions): Promise<OnGpu> {
  const network = await openBufferNetwork(options);
  return { network: gpuNetwork(network), lost: lossOf(network.device) };
}

/** A network whose images lie in buffers of the GPU that ONNX Runtime computes on. */
function gpuNetwork(network: BufferNetwork): Network<GPUBuffer> {
  const { device, card, fixedBatch } = network;
  /** A space, and what of its scorer goes with it. */
  const spaceOf = (
    scoring: Parameters<typeof gpuScorer>[1],
    options: Pick<GpuSpaceOptions, "key" | "first">,
  ) => {
    const scorer = gpuScorer(network, scoring);
    const space = gpuSpace({
      device,
      count: scoring.count,
      shape: card.shape,
      ...options,
      score: (...images) => scorer.score(...images),
    });
    return {
      ...space,
      dispose(): void {
        space.dispose();
        scorer.dispose();
      },
    };
  };
  return {
    card,
    fixedBatch,
    space: ({ key, first, ...scoring }) => spaceOf(scoring, { key, first }),
    async score({ x, sigma, ...scoring }, check) {
      const space = spaceOf({ count: sigma.length, ...scoring, check }, { key: [0, 0] });
      try {
        return await space.read(await space.score(space.constant(x), sigma));
      } finally {
        space.dispose();
      }
    },
    release: () => network.release(),
  };
}

/** Tells once when a GPU is gone. */
async function lossOf(device: GPUDevice): Promise<string> {
  const { reason, message } = await device.lost;
  return message.trim().split("\n")[0] || reason;
}
