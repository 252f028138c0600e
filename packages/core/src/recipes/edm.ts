import type { Recipe } from "./recipe.ts";

/** Karras et al. 2022, with the log-normal's mean moved up for small grey images (their CIFAR-10 value is −1.2). */
export const edm: Recipe = {
  name: "edm",
  paper: "Karras et al. 2022, Elucidating the design space of diffusion-based generative models",
  units: "standardised",
  sigmaData: 0.5,
  sigmaRange: [0.002, 80],
  parameterization: "edm",
  objective: { weight: "edm", sigma: { name: "log-normal", mean: -0.8, deviation: 1.2 } },
  network: { name: "unet", options: {} },
  optimiser: {
    beta1: 0.9,
    beta2: 0.99,
    epsilon: 1e-8,
    warmup: 100,
    finalRate: 0.02,
    clip: 10,
    emaDecay: 0.999,
  },
  batch: 64,
  length: { steps: 5000 },
  sampler: { name: "heun", steps: 18, options: {} },
};
