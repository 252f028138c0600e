import { tableRange } from "../noise-tables.ts";
import { ddpm } from "./ddpm.ts";
import type { Recipe } from "./recipe.ts";

const levels = { name: "cosine-betas", count: 1000, offset: 0.008, largest: 0.999 } as const;

/** DDPM on the cosine schedule, which spends more of its time between noise and data. */
export const ddpmCosine: Recipe = {
  ...ddpm,
  name: "ddpm-cosine",
  paper: "Nichol & Dhariwal 2021, Improved denoising diffusion probabilistic models (its schedule)",
  sigmaRange: tableRange(levels),
  levels,
};
