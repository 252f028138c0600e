/**
 * The probability-flow ODE dx/dσ = −σ·score(x, σ) by Euler's method, of first order (Song et al. 2021, equation 13, in
 * variance-exploding coordinates; Karras et al. 2022, equation 1).
 */
import { consume } from "./consume.ts";
import type { Sampler } from "./sampler.ts";

export const euler: Sampler = {
  summary: "probability-flow ODE, Euler's method (Song et al. 2021, equation 13)",
  schedule: "karras",
  steps: 50,
  defaults: {},
  options: {},
  evaluations: (steps) => steps,
  async *run(space, x, sigmas) {
    const total = sigmas.length - 1;
    for (let index = 0; index < total; index++) {
      const [sigma, next] = [sigmas[index], sigmas[index + 1]];
      const score = await space.score(x, sigma);
      x = consume(space, [
        [1, x],
        [(sigma - next) * sigma, score],
      ]);
      yield { index, total, sigma: next, evaluations: index + 1, x };
    }
    return x;
  },
};
