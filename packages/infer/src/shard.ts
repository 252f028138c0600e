/**
 * The sampling of some of a plan's images in one space: a worker on a CPU has a few, a page on its GPU has all. Image
 * numbers, not positions, key the noise, so how images are shared out changes nothing.
 */
import { prior, samplers, toPixels, type Card, type Sampler, type Space, type Step } from "@ncsn/core";
import { controlCost, isControlled } from "./control.ts";
import type { View } from "./model.ts";
import type { Plan } from "./plan.ts";

/** Images that are sampled together, a step whenever one is asked for. */
export interface Shard<V> {
  /** The latest step; undefined before the first. */
  readonly current: Step<V> | undefined;
  /** Takes a step; undefined after the last one, whose state stays `current`. */
  next(): Promise<Step<V> | undefined>;
  /** The current step as seen by that view: a new value, for the caller to release. */
  look(view: View): Promise<V>;
  /** Pixels of the numbers of a look, in place; known ones are as they were given, once x is clean. */
  pixels(view: View, values: Float32Array): Float32Array;
  /** Frees the state. */
  end(): Promise<void>;
}

/** Starts sampling in a space of the shard's images, which are the plan's. What controls it is loaded where it is wanted. */
export async function startShard<V>(bare: Space<V>, card: Card, plan: Plan): Promise<Shard<V>> {
  const sampler: Sampler = samplers[plan.sampler];
  const control = isControlled(plan.control) ? await import("./controlled-space.ts") : undefined;
  const space = control?.controlledSpace(bare, card, plan.control) ?? bare;
  const cost = controlCost(plan.control);
  const start =
    control?.controlledStart(space, card, plan.control) ??
    prior(space, { sampler: { ...card.sampler, prior: plan.prior } }, plan.sigmas[0]);
  const steps = sampler.run(space, start, plan.sigmas, plan.options);
  let current: Step<V> | undefined;
  let ended = false;
  return {
    get current() {
      return current;
    },
    async next() {
      const { done, value } = await steps.next();
      if (done === true) {
        ended = true;
        return undefined;
      }
      current = { ...value, evaluations: cost * value.evaluations };
      return current;
    },
    async look(view) {
      if (current === undefined) throw new Error("nothing to look at before the first step");
      const { x, sigma } = current;
      if (view === "scaled") return space.combine([[1 / Math.hypot(1, sigma / card.sigmaData), x]]);
      if (view === "x" || sigma === 0) return space.combine([[1, x]]);
      const score = await space.score(x, sigma);
      const denoised = space.combine([
        [1, x],
        [sigma ** 2, score],
      ]);
      space.release(score);
      return denoised;
    },
    pixels(view, values) {
      const clean = ended || current?.sigma === 0 || current?.index === (current?.total ?? 0) - 1;
      const pixels = toPixels(card, values);
      return control && (clean || view === "denoised") ? control.keepKnown(plan.control, pixels) : pixels;
    },
    async end() {
      await steps.return(undefined as V);
    },
  };
}
