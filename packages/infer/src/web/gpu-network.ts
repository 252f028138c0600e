import type { Network } from "../workers/network.ts";
import { gpuScorer, gpuSpace, type GpuSpaceOptions } from "./gpu/index.ts";
import type { Runtime } from "./runtime.ts";
import type { WebSession } from "./session.ts";

/** A network whose images lie in buffers of the GPU that ONNX Runtime computes on. */
export async function gpuNetwork(
  { ort }: Runtime,
  { inference, card, fixedBatch, release }: WebSession,
): Promise<Network<GPUBuffer>> {
  const device = await ort.env.webgpu.device;
  const scorerOf = (options: Parameters<typeof gpuScorer>[1]) =>
    gpuScorer(
      { device, ort, card, fixedBatch, run: (feeds, fetches) => inference.run(feeds, fetches) },
      options,
    );
  /** A space, and what of its scorer goes with it. */
  const spaceOf = (
    scoring: Parameters<typeof gpuScorer>[1],
    options: Pick<GpuSpaceOptions, "key" | "first">,
  ) => {
    const scorer = scorerOf(scoring);
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
    release,
  };
}

/** Tells once when the GPU of a network is gone. */
export async function lossOf({ ort }: Runtime): Promise<string> {
  const { reason, message } = await (await ort.env.webgpu.device).lost;
  return message.trim().split("\n")[0] || reason;
}
