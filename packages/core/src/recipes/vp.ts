import { defaultBetas, vp as process } from "../sdes.ts";
import type { Recipe } from "./recipe.ts";

const { sigma } = process(defaultBetas);

/** DDPM in continuous time, t ~ U[1e-5, 1]. The paper trains for 1,300,000 steps. */
export const vp: Recipe = {
  name: "vp",
  paper: "Song et al. 2021, Score-based generative modeling through SDEs: variance preserving",
  units: "symmetric",
  sigmaData: 0.5,
  sigmaRange: [sigma(1e-5), sigma(1)],
  betas: defaultBetas,
  parameterization: "vp",
  objective: { weight: "dsm", sigma: { name: "time", process: "vp" } },
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
  sampler: { name: "euler-maruyama", steps: 1000, options: { sde: "vp" }, schedule: "vp" },
};
