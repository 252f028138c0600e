import { defaultBetas, subVp as process } from "../sdes.ts";
import type { Recipe } from "./recipe.ts";
import { vp } from "./vp.ts";

const { sigma } = process(defaultBetas);

/**
 * VP's drift with less noise. It starts at t = 1e-3, where the paper's sampler ends: at 1e-5, where its training
 * starts, σ is 1e-6, and a float32 near 1 has no room for that.
 */
export const subVp: Recipe = {
  ...vp,
  name: "sub-vp",
  paper: "Song et al. 2021, Score-based generative modeling through SDEs: sub-VP",
  sigmaRange: [sigma(1e-3), sigma(1)],
  parameterization: "sub-vp",
  objective: { weight: "dsm", sigma: { name: "time", process: "sub-vp" } },
  sampler: { ...vp.sampler, options: { sde: "sub-vp" }, schedule: "sub-vp" },
};
