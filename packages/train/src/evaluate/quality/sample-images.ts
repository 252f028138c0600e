/** Images out of a model, many of them, some at a time. */
import type { Model, Plan, SampleRequest } from "@ncsn/infer";

/** Samples and the plan that made them. */
export interface SampledImages {
  /** Pixels, [plan.count, C, H, W]. */
  readonly pixels: Float32Array;
  readonly plan: Plan;
}

/** Images that are sampled at a time, which bounds the memory of the workers and says how it goes. */
const wave = 512;

/**
 * Samples as {@link Model.sample} does, to the same bits, in waves.
 * @param progress told after each wave, in images
 * @throws as {@link Model.sample}
 */
export async function sampleImages(
  model: Model,
  request: SampleRequest,
  progress?: (done: number, total: number) => void,
): Promise<SampledImages> {
  const plan = model.plan(request);
  const dimension = model.card.shape.reduce((a, b) => a * b, 1);
  const pixels = new Float32Array(plan.count * dimension);
  for (let from = 0; from < plan.count; from += wave) {
    const count = Math.min(wave, plan.count - from);
    const label = plan.labels && [...plan.labels.subarray(from, from + count)];
    const { data } = await model.sample({ ...request, first: plan.first + from, count, label });
    pixels.set(data, from * dimension);
    progress?.(from + count, plan.count);
  }
  return { pixels, plan };
}
