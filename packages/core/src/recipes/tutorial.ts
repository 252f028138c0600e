import type { Recipe } from "./recipe.ts";

/**
 * The score-matching tutorials' toy, as it is: an unweighted loss over σ ~ U[0.01, 1] that the smallest σ own, and a
 * sampler whose constant step barely moves. `docs/tutorial-recipe.md` shows what it gives and what mends it.
 */
export const tutorial: Recipe = {
  name: "tutorial",
  paper: "the tutorials' toy ScoreNet with the unweighted loss; kept to be compared with",
  units: "pixels",
  sigmaData: 0.5,
  sigmaRange: [0.01, 1],
  parameterization: "raw",
  objective: { weight: "tutorial", sigma: { name: "uniform" } },
  network: { name: "scorenet", options: {} },
  optimiser: {
    rate: 1e-4,
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
    warmup: 0,
    finalRate: 1,
    emaDecay: 0,
  },
  batch: 64,
  length: { epochs: 5 },
  sampler: {
    name: "annealed-langevin",
    steps: 5,
    options: { stepsPerLevel: 3, alpha: 1e-4, denoise: false },
    schedule: "linear",
    prior: "uniform",
  },
};
