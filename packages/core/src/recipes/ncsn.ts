import type { Recipe } from "./recipe.ts";

/** Ten levels from 1 to 0.01, a network that is told their number, λ = σ². The paper trains for 200,000 steps. */
export const ncsn: Recipe = {
  name: "ncsn",
  paper: "Song & Ermon 2019, Generative modeling by estimating gradients of the data distribution",
  units: "pixels",
  sigmaData: 0.5,
  sigmaRange: [0.01, 1],
  levels: { name: "geometric", count: 10 },
  parameterization: "ncsn",
  objective: { weight: "dsm", sigma: { name: "levels" } },
  network: { name: "ncsn", options: {} },
  optimiser: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, warmup: 0, finalRate: 1, emaDecay: 0 },
  batch: 128,
  length: { steps: 20_000 },
  sampler: {
    name: "annealed-langevin",
    steps: 10,
    options: { stepsPerLevel: 100, epsilon: 2e-5, denoise: false },
    prior: "uniform",
  },
};
