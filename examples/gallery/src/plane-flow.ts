/** Samples that flow through the plane: a run of a sampler at a pace that eyes can follow. */
import {
  hostSpace,
  key,
  prior,
  purposes,
  resolveOptions,
  samplers,
  samplingLevels,
  split,
  type PerImage,
  type Sampler,
  type SamplerName,
  type Step,
} from "@ncsn/core";
import { reducedMotion } from "./page.ts";
import type { PlanePoints } from "./plane-data.ts";

const samples = 240;
/** Milliseconds of a frame for steps. */
const stepTime = 6;
const longestTrail = 14;
/** How long samples flow, milliseconds; who asked for less motion sees where they arrive. */
const duration = () => (reducedMotion() ? 0 : 5000);

/** Where samples flow. */
export interface FlowSource extends Pick<PlanePoints, "centre" | "sigmaRange"> {
  /** ∇ log p_σ at points, two numbers each. */
  readonly score: (x: Float32Array, sigma: number) => Promise<ArrayLike<number>>;
}

/** What a flow tells. */
export interface FlowEvents {
  /** Once a frame: the noise level that the samples are at. */
  readonly moved: (sigma: number) => void;
  readonly finished: (steps: number) => void;
  readonly failed: (message: string) => void;
}

/** Samples on their way, or arrived. */
export interface PlaneFlow {
  /** States of the samples, the newest last. */
  readonly trail: readonly Float32Array[];
  /** How far they are from the last state but one to the last, 0 to 1. */
  part(): number;
  /** "step 3 of 18" */
  progress(): string;
  /** Ends it where it is; it tells nothing more. */
  stop(): void;
}

/** Lets samples flow from the noise to the data. */
export function planeFlow(
  source: FlowSource,
  name: SamplerName,
  seed: number,
  events: FlowEvents,
): PlaneFlow {
  const { start, sigmas, run } = samplingOf(source, name, seed);
  const trail = [start.slice()];
  /** σ of the last two states. */
  let levels: readonly [before: number, now: number] = [sigmas[0], sigmas[0]];
  /** Milliseconds from one state to the next, and when the newest was reached. */
  let interval = 0;
  let since = performance.now();
  let step = 0;
  let total: number | undefined;
  let stopped = false;
  const part = () => (interval === 0 ? 1 : Math.min(1, (performance.now() - since) / interval));

  /** One step whenever the picture has come to the last one; the samples move evenly in between. */
  const follow = async () => {
    for (;;) {
      await nextFrame();
      if (stopped) return;
      // Where steps are shorter than frames, several are taken.
      const began = performance.now();
      while (performance.now() - since >= interval && performance.now() - began < stepTime) {
        const { done, value } = await run.next();
        if (stopped) return;
        if (done === true) {
          trail.splice(0, trail.length - 1);
          events.moved(Math.max(levels[1], source.sigmaRange[0]));
          events.finished(step);
          return;
        }
        trail.push(value.x.slice());
        if (trail.length > longestTrail) trail.shift();
        levels = [levels[1], value.sigma];
        step = value.index + 1;
        total = value.total;
        const due = since + interval;
        interval = duration() / (value.total ?? 100);
        since = Math.max(due, performance.now() - interval);
      }
      // Between two noise levels evenly in σ, as a straight step is.
      events.moved(Math.max(levels[0] + (levels[1] - levels[0]) * part(), source.sigmaRange[0]));
    }
  };
  events.moved(sigmas[0]);
  follow().catch((error: unknown) => {
    if (!stopped) events.failed(error instanceof Error ? error.message : String(error));
  });

  return {
    trail,
    part,
    progress: () => `step ${step}${total === undefined ? "" : ` of ${total}`}`,
    stop() {
      stopped = true;
      void run.return(new Float32Array());
    },
  };
}

interface Sampling {
  readonly start: Float32Array;
  readonly sigmas: Float64Array;
  readonly run: AsyncGenerator<Step<Float32Array>, Float32Array>;
}

function samplingOf(source: FlowSource, name: SamplerName, seed: number): Sampling {
  const method: Sampler = samplers[name];
  const [sigmaMin, sigmaMax] = source.sigmaRange;
  const sigmas = samplingLevels(method, method.schedule, method.steps, { sigmaMin, sigmaMax });
  const space = hostSpace({
    count: samples,
    dimension: 2,
    key: split(key(seed), purposes.sampling),
    score: (x, sigma, out) => scoreTo(source, x, sigma, out),
  });
  // The data are not centred: the prior is, so it is moved there.
  const start = prior(space, { sampler: { name, steps: method.steps, options: {} } }, sigmas[0]);
  for (let i = 0; i < start.length; i++) start[i] += source.centre[i % 2];
  return { start, sigmas, run: method.run(space, start, sigmas, resolveOptions(name, method)) };
}

async function scoreTo(
  { score }: FlowSource,
  x: Float32Array,
  sigma: PerImage,
  out: Float32Array,
): Promise<void> {
  if (typeof sigma === "number") {
    out.set(await score(x, sigma));
    return;
  }
  for (const [i, level] of sigma.entries()) out.set(await score(x.subarray(2 * i, 2 * i + 2), level), 2 * i);
}

const nextFrame = () => new Promise<number>((resolve) => requestAnimationFrame(resolve));
