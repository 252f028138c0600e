/**
 * Ancestral sampling with η: from σ to σ' the probability flow goes on to a lower σ↓, and noise brings x back,
 *
 *   x ← x + σ·(σ − σ↓)·score(x, σ) + σ↑·z,   σ↑ = η·σ'·√(1 − σ'²/σ²),   σ↓² = σ'² − σ↑²
 *
 * (Song, Meng & Ermon 2021, equations 12 and 16, divided by √ᾱ). At η = 1 the step is drawn from the posterior
 * q(x' | x, denoised): DDPM's with its smaller variance β̃ (Ho et al. 2020, equations 6 and 7), and the ancestral predictor
 * of VE (Song et al. 2021, appendix F). At η = 0 it is DDIM, which is Euler's method for the probability-flow ODE.
 */
import { consume } from "./consume.ts";
import type { Sampler } from "./sampler.ts";

export interface AncestralOptions {
  /** Share of the posterior's noise: 1 as the process has it, 0 none. */
  readonly eta: number;
}

export const ancestral: Sampler<AncestralOptions> = {
  summary: "ancestral sampling with any eta (Song, Meng & Ermon 2021, equation 12)",
  schedule: "exponential",
  steps: 100,
  defaults: { eta: 1 },
  options: {
    eta: { kind: "number", least: 0, most: 1, about: "share of the posterior's noise: 1 all, 0 none" },
  },
  evaluations: (steps) => steps,
  async *run(space, x, sigmas, { eta }) {
    const total = sigmas.length - 1;
    for (let index = 0; index < total; index++) {
      const [sigma, next] = [sigmas[index], sigmas[index + 1]];
      const { down, up } = ancestralNoise(sigma, next, eta);
      const score = await space.score(x, sigma);
      x = consume(space, [
        [1, x],
        [sigma * (sigma - down), score],
        ...(up > 0 ? [[up, space.noise(index + 1)] as const] : []), // draw 0 made the prior
      ]);
      yield { index, total, sigma: next, evaluations: index + 1, x };
    }
    return x;
  },
};

/** On DDPM's 1,000 levels: its own sampler. */
export const ddpm: Sampler<AncestralOptions> = {
  ...ancestral,
  summary: "DDPM: ancestral on the levels of DDPM (Ho et al. 2020, algorithm 2)",
  schedule: "ddpm",
  steps: 1000,
};

/** Without noise on some of DDPM's levels; with `eta` all that lies between DDIM and DDPM. */
export const ddim: Sampler<AncestralOptions> = {
  ...ddpm,
  summary: "DDIM: ancestral without noise on the levels of DDPM (Song, Meng & Ermon 2021)",
  steps: 50,
  defaults: { eta: 0 },
};

/** Under the name that it has in k-diffusion, on Karras's schedule. */
export const eulerAncestral: Sampler<AncestralOptions> = {
  ...ancestral,
  summary: "Euler ancestral: ancestral on Karras's schedule (k-diffusion, Crowson 2022)",
  schedule: "karras",
};

/** σ↓ and σ↑ of a step from σ to σ'. */
export function ancestralNoise(sigma: number, next: number, eta: number): { down: number; up: number } {
  const up = eta * next * Math.sqrt(1 - (next / sigma) ** 2);
  return { up, down: Math.sqrt(next ** 2 - up ** 2) };
}
