/**
 * EDM's stochastic sampler (Karras et al. 2022, algorithm 2): at each level x gets noise, which takes it up to
 * σ̂ = (1 + γ)·σ, and goes from there to the next level by Heun's method for the probability-flow ODE. Without churn it is
 * `heun`. σ̂ stays at the first level at most, since no model knows more noise; with the paper's sMax it never gets there.
 */
import { consume } from "./consume.ts";
import { heunCost, heunStep } from "./heun.ts";
import type { Sampler } from "./sampler.ts";

/** The paper's names and values for ImageNet; for CIFAR-10 it has 30, 0.01, 1 and 1.007. */
export interface EdmStochasticOptions {
  /** Overall amount of noise: γ = min(sChurn/N, √2 − 1) in N steps. */
  readonly sChurn: number;
  /** Lowest σ that gets noise, model units. */
  readonly sMin: number;
  /** Highest σ that gets noise, model units. */
  readonly sMax: number;
  /** Standard deviation of the new noise, a little above 1 against models that remove too much. */
  readonly sNoise: number;
}

export const edmStochastic: Sampler<EdmStochasticOptions> = {
  summary: "EDM's stochastic sampler, Heun with churn (Karras et al. 2022, algorithm 2)",
  schedule: "karras",
  steps: 64,
  defaults: { sChurn: 40, sMin: 0.05, sMax: 50, sNoise: 1.003 },
  options: {
    sChurn: { kind: "number", least: 0, about: "overall amount of noise; 0 is heun" },
    sMin: { kind: "number", least: 0, about: "lowest sigma that gets noise" },
    sMax: { kind: "number", least: 0, about: "highest sigma that gets noise" },
    sNoise: { kind: "number", above: 0, about: "standard deviation of the new noise" },
  },
  evaluations: (steps) => 2 * steps - 1,
  async *run(space, x, sigmas, { sChurn, sMin, sMax, sNoise }) {
    const total = sigmas.length - 1;
    for (let index = 0, evaluations = 0; index < total; index++) {
      const [sigma, next] = [sigmas[index], sigmas[index + 1]];
      const gamma = sMin <= sigma && sigma <= sMax ? Math.min(sChurn / total, Math.SQRT2 - 1) : 0;
      const raised = Math.min(sigma * (1 + gamma), sigmas[0]);
      if (raised > sigma)
        x = consume(space, [
          [1, x],
          [sNoise * Math.sqrt(raised ** 2 - sigma ** 2), space.noise(index + 1)],
        ]);
      x = await heunStep(space, x, raised, next);
      evaluations += heunCost(next);
      yield { index, total, sigma: next, evaluations, x };
    }
    return x;
  },
};
