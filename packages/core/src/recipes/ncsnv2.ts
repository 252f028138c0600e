import type { Recipe } from "./recipe.ts";

/**
 * The five techniques with the numbers of CIFAR-10; `--auto-noise` computes those of other data. The paper trains for
 * 300,000 steps.
 */
export const ncsnv2: Recipe = {
  name: "ncsnv2",
  paper: "Song & Ermon 2020, Improved techniques for training score-based generative models",
  units: "pixels",
  sigmaData: 0.5,
  sigmaRange: [0.01, 50],
  levels: { name: "geometric", count: 232 },
  parameterization: "ncsnv2",
  objective: { weight: "dsm", sigma: { name: "levels" } },
  network: { name: "ncsnv2", options: {} },
  optimiser: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, warmup: 0, finalRate: 1, emaDecay: 0.999 },
  batch: 128,
  length: { steps: 20_000 },
  sampler: {
    name: "annealed-langevin",
    steps: 232,
    options: { stepsPerLevel: 5, epsilon: 6.2e-6, denoise: true },
  },
};
