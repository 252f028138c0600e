import { ddpmTable, tableRange } from "../noise-tables.ts";
import type { Recipe } from "./recipe.ts";

/** ε-prediction on 1,000 discrete times, β linear. The paper trains for 800,000 steps. */
export const ddpm: Recipe = {
  name: "ddpm",
  paper: "Ho et al. 2020, Denoising diffusion probabilistic models",
  units: "symmetric",
  sigmaData: 0.5,
  sigmaRange: tableRange(ddpmTable),
  levels: ddpmTable,
  parameterization: "ddpm",
  objective: { weight: "dsm", sigma: { name: "levels" } },
  network: { name: "unet", options: {} },
  optimiser: {
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
    warmup: 1000,
    finalRate: 1,
    clip: 1,
    emaDecay: 0.9999,
  },
  batch: 128,
  length: { steps: 20_000 },
  sampler: { name: "ddpm", steps: 1000, options: {} },
};
