import type { Recipe } from "./recipe.ts";
import { vp } from "./vp.ts";

/** NCSN in continuous time: ln σ uniform over NCSNv2's range. The paper trains for 1,300,000 steps. */
export const ve: Recipe = {
  name: "ve",
  paper: "Song et al. 2021, Score-based generative modeling through SDEs: variance exploding",
  units: "pixels",
  sigmaData: 0.5,
  sigmaRange: [0.01, 50],
  parameterization: "ve",
  objective: { weight: "dsm", sigma: { name: "log-uniform" } },
  network: { name: "unet", options: {} },
  optimiser: { ...vp.optimiser, emaDecay: 0.999 },
  batch: 128,
  length: { steps: 20_000 },
  sampler: { name: "predictor-corrector", steps: 1000, options: { sde: "ve", corrections: 1, snr: 0.16 } },
};
