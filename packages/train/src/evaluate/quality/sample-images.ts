/** Images out of a model, or points, many of them, some at a time. */
import type { Model, Plan, SampleRequest } from "@ncsn/infer";

/** Samples and how they were made. */
export interface SampledImages {
  /** Pixels, [plan.count, C, H, W]. */
  readonly pixels: Float32Array;
  readonly plan: Plan;
  /** Score evaluations of each image; the mean over them, where the data decide. */
  readonly evaluations: number;
}

/** Images that are sampled at a time, which bounds the memory. */
const wave = 512;

/**
 * Samples as {@link Model.sample} does, to the same bits, in waves; the request's signal stops it within a step.
 * @param progress told after each step, in images
 * @throws as {@link Model.sample}
 */
export async function sampleImages(
  model: Pick<Model, "card" | "plan" | "steps">,
  request: SampleRequest,
  progress?: (done: number, total: number) => void,
): Promise<SampledImages> {
  const plan = model.plan(request);
  const dimension = model.card.shape.reduce((a, b) => a * b, 1);
  const pixels = new Float32Array(plan.count * dimension);
  let evaluations = 0;
  for (let from = 0; from < plan.count; from += wave) {
    const count = Math.min(wave, plan.count - from);
    const label = plan.labels && [...plan.labels.subarray(from, from + count)];
    for await (const frame of model.steps({ ...request, first: plan.first + from, count, label })) {
      if (frame.total !== undefined)
        progress?.(from + Math.floor((count * (frame.index + 1)) / frame.total), plan.count);
      if (frame.index + 1 !== frame.total) continue;
      pixels.set((await frame.pixels()).data, from * dimension);
      evaluations += frame.evaluations * count;
    }
  }
  return { pixels, plan, evaluations: evaluations / plan.count };
}
