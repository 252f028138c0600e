/** Scores by a network on the GPU, from buffer to buffer: x and the score stay there. */
import type { Given, PerImage } from "@ncsn/core";
import type { BufferNetwork } from "./buffer-network.ts";
import { whileAlive } from "./while-alive.ts";
import { paddedSize } from "./padded-size.ts";

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

/** Where a run takes from; without an x of its own it is in the caller's. */
interface Place {
  readonly x?: GPUBuffer;
  readonly sigma: GPUBuffer;
  readonly label: GPUBuffer | undefined;
  /** @returns where the score is, `out` or a buffer of its own */
  run(x: GPUBuffer, out: GPUBuffer): Promise<GPUBuffer>;
}

/**
 * Scores `count` images in runs of equal size, the fewest that `batch` allows: one shape, so that shaders are compiled
 * once. Where one run does, it reads and writes the caller's buffers. Several, and runs of a captured network, go
 * through buffers of their own, copied on the GPU, since a tensor cannot begin inside a buffer. σ goes from float64 to
 * float32 here.
 */
export function gpuScorer(
  network: BufferNetwork,
  { count, batch, labels, check }: GpuScorerOptions,
): GpuScorer {
  const { device, card, fixedBatch } = network;
  const runs = Math.ceil(count / (fixedBatch ?? batch));
  const size = fixedBatch ?? Math.ceil(count / runs);
  const dimension = card.shape.reduce((product, length) => product * length, 1);

  const { STORAGE, COPY_SRC, COPY_DST } = GPUBufferUsage;
  const made: GPUBuffer[] = [];
  const create = (label: string, elements: number): GPUBuffer => {
    const usage = STORAGE | COPY_SRC | COPY_DST;
    const buffer = device.createBuffer({ label, size: paddedSize(4 * elements), usage });
    made.push(buffer);
    return buffer;
  };
  const plain = ((): Place => {
    const sigma = create("sigma", size);
    const label = card.classes && create("label", size);
    const direct = runs === 1 && size === count;
    const own = direct
      ? undefined
      : { x: create("x", size * dimension), score: create("score", size * dimension) };
    const images = (buffer: GPUBuffer) => network.tensor(buffer, "float32", [size, ...card.shape]);
    return {
      ...(own && { x: own.x }),
      sigma,
      label,
      async run(x, out) {
        const [from, to] = own ? [own.x, own.score] : [x, out];
        const feeds = {
          x: images(from),
          sigma: network.tensor(sigma, "float32", [size]),
          ...(label && { label: network.tensor(label, "int32", [size]) }),
        };
        await network.run(feeds, { score: images(to) });
        return to;
      },
    };
  })();

  const levels = new Float32Array(runs * size).fill(1); // a run that is not full has some to spare
  const classes = {
    labels: new Int32Array(runs * size).fill(-1),
    nothing: new Int32Array(runs * size).fill(-1),
  };
  if (labels) classes.labels.set(labels);
  const turn = inTurn(device);
  const copy = (from: GPUBuffer, at: number, to: GPUBuffer, toAt: number, images: number): void => {
    const bytes = 4 * dimension;
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(from, at * bytes, to, toAt * bytes, images * bytes);
    device.queue.submit([encoder.finish()]);
  };

  return {
    score: (x, sigma, out, given = "labels") =>
      network.alone(async () => {
        for (let i = 0; i < count; i++) levels[i] = typeof sigma === "number" ? sigma : sigma[i];
        for (let at = 0; at < count; at += size) {
          await check?.();
          const place: Place = (await whileAlive(device, () => network.captured(size))) ?? plain;
          const images = Math.min(size, count - at);
          device.queue.writeBuffer(place.sigma, 0, levels, at, size);
          if (place.label) device.queue.writeBuffer(place.label, 0, classes[given], at, size);
          if (place.x) copy(x, at, place.x, 0, images);
          const score = await whileAlive(device, () => place.run(x, out));
          if (score !== out) copy(score, 0, out, at, images);
          await turn();
        }
      }),
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
