import type { Images, Model, View } from "../../model.ts";
import type { Plan, SampleRequest } from "../../plan.ts";
import { samplingProgress, type Progress } from "./progress.ts";
import type { Samples } from "./sample-files.ts";

/** Samples and what they took. */
export interface Sampled extends Samples {
  readonly seconds: number;
  /** Score evaluations over all images. */
  readonly evaluations: number;
}

/** Images that are sampled at a time, which bounds the memory. */
const wave = 512;
/** An animation's. */
const framesAtMost = 60;

/**
 * Samples with progress.
 * @param view what the frames of an animation show; without it there are none, and images are sampled some at a time
 */
export async function sampled(
  model: Model,
  request: SampleRequest,
  plan: Plan,
  view?: View,
): Promise<Sampled> {
  const { count, first } = plan;
  const [channels, height, width] = model.card.shape;
  const together = view === undefined ? Math.min(count, wave) : count;
  const waves = Math.ceil(count / together);
  const data = new Float32Array(count * channels * height * width);
  const frames: Images[] = [];
  const began = performance.now();
  let evaluations = 0;
  let progress: Progress | undefined;
  try {
    for (let done = 0; done < waves; done++) {
      const from = done * together;
      const size = Math.min(together, count - from);
      let spent = 0;
      const label = plan.labels && [...plan.labels.subarray(from, from + size)];
      for await (const frame of model.steps({ ...request, count: size, first: first + from, label })) {
        const total = frame.total ?? frame.index + 1;
        const last = frame.index + 1 === total;
        progress ??= samplingProgress(waves * total);
        spent = frame.evaluations * size;
        progress.update(done * total + frame.index + 1, frame.sigma, evaluations + spent);
        if (view !== undefined && (last || frame.index % Math.ceil(total / framesAtMost) === 0))
          frames.push(await frame.pixels(last ? "x" : view));
        if (last) data.set((await frame.pixels()).data, from * channels * height * width);
      }
      evaluations += spent;
    }
  } finally {
    progress?.stop();
  }
  const seconds = (performance.now() - began) / 1000;
  return { images: { shape: [count, channels, height, width], data }, frames, first, evaluations, seconds };
}
