/**
 * Annealed Langevin dynamics (Song & Ermon 2019, algorithm 1): at each noise level a few steps of
 *
 *   x ← x + α·score(x, σ) + √(2α)·z,   α = ε·σ²/σ_L²,
 *
 * and, where asked for, a last denoising step x + σ_L²·score (Jolicoeur-Martineau et al. 2020; NCSNv2, algorithm 1).
 * The papers' form x + (α/2)·score + √α·z is the same process with half the α. A level of 0 at a schedule's end is
 * passed over: no step is small enough for it.
 */
import { denoised, langevinStep } from "./langevin-step.ts";
import { diagnoseRule, type Sampler } from "./sampler.ts";
import { show } from "./show.ts";

/** Its options; step sizes are of x ← x + α·score + √(2α)·z, model units. */
export interface AnnealedLangevinOptions {
  /** Langevin steps at each level: T. */
  readonly stepsPerLevel: number;
  /** Step size ε at the last level; without it the one that Technique 4 finds for the schedule. */
  readonly epsilon?: number;
  /** A constant α at every level instead, as the tutorial has it. */
  readonly alpha?: number;
  /** End with a denoising step. */
  readonly denoise: boolean;
  /** Measure each step against theory. */
  readonly diagnose?: boolean;
}

export const annealedLangevin: Sampler<AnnealedLangevinOptions> = {
  summary: "annealed Langevin dynamics (Song & Ermon 2019, algorithm 1)",
  schedule: "geometric",
  steps: 100,
  defaults: { stepsPerLevel: 5, denoise: true },
  options: {
    stepsPerLevel: { kind: "integer", least: 1, about: "Langevin steps at each noise level (T)" },
    epsilon: {
      kind: "number",
      above: 0,
      insteadOf: "alpha",
      about: "step size at the last level; without it the best one by Technique 4 (Song & Ermon 2020)",
    },
    alpha: { kind: "number", above: 0, insteadOf: "epsilon", about: "one step size for all levels" },
    denoise: { kind: "boolean", about: "end with a denoising step" },
    diagnose: diagnoseRule,
  },
  evaluations: (steps, { stepsPerLevel, denoise }) => steps * stepsPerLevel + (denoise ? 1 : 0),

  advice(schedule, options) {
    const sigmas = levels(schedule);
    if (options.alpha !== undefined) return constantStepAdvice(sigmas, options.alpha);
    const last = sigmas[sigmas.length - 1];
    const epsilon = stepSize(sigmas, options);
    if (epsilon >= 2 * last ** 2)
      return [
        `epsilon ${show(epsilon)} is unstable: Langevin diverges from 2*sigma_L^2 = ${show(2 * last ** 2)} on`,
      ];
    if (options.epsilon === undefined) return [];
    const best = bestEpsilon(sigmas, options.stepsPerLevel);
    const [ratio, bestRatio] = [epsilon, best].map((e) =>
      varianceRatio(e / last ** 2, ratioOf(sigmas), options.stepsPerLevel),
    );
    if (ratio < 1.25 * bestRatio) return [];
    return [
      `epsilon ${show(epsilon)} leaves ${ratio.toFixed(2)} times the variance of each level (Technique 4); ` +
        `${show(best)} is best for these levels, with ${bestRatio.toFixed(2)}`,
    ];
  },

  async *run(space, x, schedule, options) {
    const sigmas = levels(schedule);
    const { stepsPerLevel, denoise, diagnose, alpha: constant } = options;
    const epsilon = stepSize(sigmas, options);
    const last = sigmas[sigmas.length - 1];
    const total = sigmas.length * stepsPerLevel + (denoise ? 1 : 0);
    let variance = sigmas[0] ** 2; // of x around the data, in theory
    let index = 0;
    for (const sigma of sigmas) {
      const alpha = constant ?? (epsilon * sigma ** 2) / last ** 2;
      for (let t = 0; t < stepsPerLevel; t++, index++) {
        const draw = index + 1; // draw 0 made the prior
        const step = await langevinStep(space, x, { sigma, alpha, draw, variance, diagnose });
        const { diagnostics } = step;
        ({ x, variance } = step);
        yield { index, total, sigma, evaluations: index + 1, x, ...(diagnostics && { diagnostics }) };
      }
    }
    if (denoise) {
      x = await denoised(space, x, last);
      yield { index, total, sigma: 0, evaluations: index + 1, x };
    }
    return x;
  },
};

/**
 * The variance of the chain at the end of a level, over σ², for concentrated data (Song & Ermon 2020, Proposition 3).
 * @param eta ε/σ_L², the step in units of the level's variance; in (0, 2)
 * @param gamma ratio of neighbouring levels, > 1
 * @param steps Langevin steps per level
 */
export function varianceRatio(eta: number, gamma: number, steps: number): number {
  const keep = (1 - eta) ** 2; // variance kept by one step; 2η is added
  const limit = (2 * eta) / (1 - keep);
  return keep ** steps * (gamma ** 2 - limit) + limit;
}

/** The ε of lowest variance ratio at levels > 0: Technique 4, by golden-section search over ln η. */
export function bestEpsilon(sigmas: Float64Array, steps: number): number {
  const gamma = ratioOf(sigmas);
  const ratio = (logEta: number) => varianceRatio(Math.exp(logEta), gamma, steps);
  const golden = (Math.sqrt(5) - 1) / 2;
  let [low, high] = [Math.log(1e-6), 0];
  while (high - low > 1e-6) {
    const [a, b] = [high - golden * (high - low), low + golden * (high - low)];
    if (ratio(a) < ratio(b)) high = b;
    else low = a;
  }
  return Math.exp(low) * sigmas[sigmas.length - 1] ** 2;
}

const stepSize = (sigmas: Float64Array, { epsilon, stepsPerLevel }: AnnealedLangevinOptions): number =>
  epsilon ?? bestEpsilon(sigmas, stepsPerLevel);

const levels = (schedule: Float64Array): Float64Array => schedule.filter((sigma) => sigma > 0);

/** The mean ratio of neighbouring levels; levels that are all one count as preceded by one twice as high. */
function ratioOf(sigmas: Float64Array): number {
  const ratio = sigmas[0] / sigmas[sigmas.length - 1];
  return ratio === 1 ? 2 : ratio ** (1 / (sigmas.length - 1));
}

function constantStepAdvice(sigmas: Float64Array, alpha: number): string[] {
  const last = sigmas[sigmas.length - 1];
  if (alpha >= 2 * last ** 2)
    return [
      `alpha ${show(alpha)} is unstable at the last level: need alpha < 2*sigma_L^2 = ${show(2 * last ** 2)}`,
    ];
  const moved = (2 * alpha) / sigmas[0] ** 2;
  return moved > 0.01
    ? []
    : [
        `a constant alpha of ${show(alpha)} barely moves x at sigma ${show(sigmas[0])}; leave it out for steps in proportion to sigma^2`,
      ];
}
