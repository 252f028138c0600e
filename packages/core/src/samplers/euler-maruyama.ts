/**
 * The reverse SDE dx = (f·x − g²·score) dt + g dw̄ by Euler–Maruyama, from t to t' < t in the coordinates of its process,
 *
 *   x ← (1 − f·Δ)·x + g²·Δ·score + g·√Δ·z,   Δ = t − t'
 *
 * (Song et al. 2021, equation 6). Processes differ in what they discretise, so in their error. The step to
 * 0 is the denoising x + σ²·score, without noise.
 */
import { sdes, type SdeName } from "../sdes.ts";
import { consume } from "./consume.ts";
import type { Sampler } from "./sampler.ts";

export interface EulerMaruyamaOptions {
  /** Whose SDE is discretised. */
  readonly sde: SdeName;
}

export const eulerMaruyama: Sampler<EulerMaruyamaOptions> = {
  summary: "reverse SDE, Euler-Maruyama (Song et al. 2021, equation 6)",
  schedule: "exponential",
  steps: 500,
  defaults: { sde: "ve" },
  options: {
    sde: { kind: "choice", choices: Object.keys(sdes), about: "the SDE that is discretised" },
  },
  evaluations: (steps) => steps,
  async *run(space, x, sigmas, { sde }) {
    const total = sigmas.length - 1;
    for (let index = 0; index < total; index++) {
      const [sigma, next] = [sigmas[index], sigmas[index + 1]];
      const score = await space.score(x, sigma);
      if (next === 0)
        x = consume(space, [
          [1, x],
          [sigma ** 2, score],
        ]);
      else {
        const { scale, drift, diffusion, time } = sdes[sde];
        const t = time(sigma);
        const delta = t - time(next);
        // In the process's coordinates x is scale(t) times ours, and the score ours over scale(t).
        const [from, to] = [scale(t), scale(t - delta)];
        x = consume(space, [
          [((1 - drift(t) * delta) * from) / to, x],
          [(diffusion(t) ** 2 * delta) / (from * to), score],
          [(diffusion(t) * Math.sqrt(delta)) / to, space.noise(index + 1)],
        ]);
      }
      yield { index, total, sigma: next, evaluations: index + 1, x };
    }
    return x;
  },
};
