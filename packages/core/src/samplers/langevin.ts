/**
 * Plain Langevin dynamics at one noise level (Roberts & Tweedie 1996; its use with learnt scores: Song & Ermon 2019,
 * section 2.2): x ← x + α·score(x, σ) + √(2α)·z, a step for each level of the schedule, all at its last σ above 0. It leaves
 * x with the density p_σ up to an error of the order of α, once it has run for long enough; between regions that the
 * density keeps apart that is next to never, and annealing is for that.
 */
import { denoised, langevinStep, startAdvice } from "./langevin-step.ts";
import { diagnoseRule, type Sampler } from "./sampler.ts";
import { show } from "./show.ts";

export interface LangevinOptions {
  /** Step size, model units; without it 0.1·σ². */
  readonly alpha?: number;
  /** End with a denoising step. */
  readonly denoise: boolean;
  /** Measure each step against theory. */
  readonly diagnose?: boolean;
}

export const langevin: Sampler<LangevinOptions> = {
  summary: "Langevin dynamics at the lowest level alone (Roberts & Tweedie 1996)",
  schedule: "geometric",
  steps: 1000,
  defaults: { denoise: false },
  options: {
    alpha: { kind: "number", above: 0, about: "step size; without it 0.1*sigma^2" },
    denoise: { kind: "boolean", about: "end with a denoising step" },
    diagnose: diagnoseRule,
  },
  evaluations: (steps, { denoise }) => steps + (denoise ? 1 : 0),

  advice(sigmas, { alpha = 0 }) {
    const last = sigmas.findLast((sigma) => sigma > 0) ?? NaN;
    const limit = 2 * last ** 2;
    const unstable = alpha >= limit;
    return [
      ...(unstable ? [`alpha ${show(alpha)} is unstable: need alpha < 2*sigma^2 = ${show(limit)}`] : []),
      ...startAdvice(sigmas),
    ];
  },

  async *run(space, x, sigmas, { alpha: given, denoise, diagnose }) {
    const levels = sigmas.filter((sigma) => sigma > 0);
    const sigma = levels[levels.length - 1];
    const alpha = given ?? 0.1 * sigma ** 2;
    const total = levels.length + (denoise ? 1 : 0);
    let variance = sigmas[0] ** 2; // of x around the data, in theory
    for (let index = 0; index < levels.length; index++) {
      const draw = index + 1; // draw 0 made the prior
      const step = await langevinStep(space, x, { sigma, alpha, draw, variance, diagnose });
      const { diagnostics } = step;
      ({ x, variance } = step);
      yield { index, total, sigma, evaluations: index + 1, x, ...(diagnostics && { diagnostics }) };
    }
    if (denoise) {
      x = await denoised(space, x, sigma);
      yield { index: total - 1, total, sigma: 0, evaluations: total, x };
    }
    return x;
  },
};
