/**
 * The probability-flow ODE dx/dσ = −σ·score(x, σ) by Heun's second-order method on Karras's schedule, the last
 * interval by Euler's (Karras et al. 2022, algorithm 1).
 */
import type { Sampler } from "./sampler.ts";

export const heun: Sampler = {
  summary: "probability-flow ODE, Heun's method (Karras et al. 2022, algorithm 1)",
  schedule: "karras",
  steps: 18,
  defaults: {},
  options: {},
  evaluations: (steps) => 2 * steps - 1,
  async *run(space, x, sigmas) {
    const total = sigmas.length - 1;
    for (let index = 0, evaluations = 0; index < total; index++) {
      const [sigma, next] = [sigmas[index], sigmas[index + 1]];
      const h = next - sigma;
      const score = await space.score(x, sigma);
      const euler = space.combine([
        [1, x],
        [-h * sigma, score],
      ]);
      evaluations += 1;
      if (next === 0) {
        space.release(x, score);
        x = euler;
      } else {
        const ahead = await space.score(euler, next);
        evaluations += 1;
        const corrected = space.combine([
          [1, x],
          [-0.5 * h * sigma, score],
          [-0.5 * h * next, ahead],
        ]);
        space.release(x, score, euler, ahead);
        x = corrected;
      }
      yield { index, total, sigma: next, evaluations, x };
    }
    return x;
  },
};
