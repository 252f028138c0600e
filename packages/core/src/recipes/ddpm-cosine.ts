import { cosineTable, tableRange } from "../noise-tables.ts";
import { ddpm } from "./ddpm.ts";
import type { Recipe } from "./recipe.ts";

/** DDPM on the cosine schedule, which spends more of its time between noise and data. */
export const ddpmCosine: Recipe = {
  ...ddpm,
  name: "ddpm-cosine",
  paper: "Nichol & Dhariwal 2021, Improved denoising diffusion probabilistic models (its schedule)",
  sigmaRange: tableRange(cosineTable),
  levels: cosineTable,
  sampler: { ...ddpm.sampler, schedule: "cosine" },
};
