import type { Diagnostics } from "@ncsn/core";
import type { Images, Model, View } from "../../model.ts";
import type { Plan, SampleRequest } from "../../plan.ts";
import { samplingProgress, type Progress } from "./progress.ts";
import type { Samples } from "./sample-files.ts";

/** Samples and what they took. */
export interface Sampled extends Samples {
  readonly seconds: number;
  /** Score evaluations over all images. */
  readonly evaluations: number;
  /** Of the steps, where the sampler was asked for them; of the images that were sampled first. */
  readonly diagnostics: readonly Diagnostics[];
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
  // A way between seeds has its images in their places; what else is sampled can be cut.
  const whole = view !== undefined || plan.control.interpolation !== undefined;
  const together = whole ? count : Math.min(count, wave);
  const waves = Math.ceil(count / together);
  const data = new Float32Array(count * channels * height * width);
  const frames: Images[] = [];
  const diagnostics: Diagnostics[] = [];
  const began = performance.now();
  let evaluations = 0;
  let steps: number | undefined; // of all images together, where that is known
  let progress: Progress | undefined;
  try {
    for (let done = 0; done < waves; done++) {
      const from = done * together;
      const size = Math.min(together, count - from);
      let spent = 0;
      const label = plan.labels && [...plan.labels.subarray(from, from + size)];
      for await (const frame of model.steps({ ...request, count: size, first: first + from, label })) {
        const { index, total, sigma } = frame;
        const last = index + 1 === total;
        if (index === 0 && done === 0) steps = total && waves * total;
        progress ??= samplingProgress(steps);
        spent = frame.evaluations * size;
        progress.update(
          (steps === undefined ? 0 : (done * steps) / waves) + index + 1,
          sigma,
          evaluations + spent,
        );
        if (view !== undefined && (last || index % Math.ceil((total ?? 1) / framesAtMost) === 0))
          frames.push(await frame.pixels(last ? "x" : view));
        if (done === 0 && frame.diagnostics) diagnostics.push(frame.diagnostics);
        if (last) data.set((await frame.pixels()).data, from * channels * height * width);
      }
      evaluations += spent;
    }
  } finally {
    progress?.stop();
  }
  const seconds = (performance.now() - began) / 1000;
  const images: Images = { shape: [count, channels, height, width], data };
  return { images, frames: thinned(frames), first, evaluations, seconds, diagnostics };
}

/** As many frames as an animation may have, the last among them: where the steps were not known, each was kept. */
function thinned(frames: readonly Images[]): readonly Images[] {
  const every = Math.ceil(frames.length / (framesAtMost + 1)); // with the last
  return frames.filter((_, i) => (frames.length - 1 - i) % every === 0);
}
