/**
 * The probability-flow ODE dx/dσ = −σ·score(x, σ) by Heun's second-order method on Karras's schedule, the last
 * interval by Euler's (Karras et al. 2022, algorithm 1).
 */
import type { Space } from "../space.ts";
import { consume } from "./consume.ts";
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
      x = await heunStep(space, x, sigma, next);
      evaluations += heunCost(next);
      yield { index, total, sigma: next, evaluations, x };
    }
    return x;
  },
};

/** Heun's step from σ to a lower σ', and Euler's to 0, where there is no score: takes x. */
export async function heunStep<V>(space: Space<V>, x: V, sigma: number, next: number): Promise<V> {
  const h = next - sigma;
  const score = await space.score(x, sigma);
  const euler = space.combine([
    [1, x],
    [-h * sigma, score],
  ]);
  if (next === 0) {
    space.release(x, score);
    return euler;
  }
  const ahead = await space.score(euler, next);
  space.release(euler);
  return consume(space, [
    [1, x],
    [-0.5 * h * sigma, score],
    [-0.5 * h * next, ahead],
  ]);
}

/** Score evaluations of the step to σ'. */
export const heunCost = (next: number): number => (next === 0 ? 1 : 2);
