/**
 * DPM-Solver++(2M) and SDE-DPM-Solver++(2M) (Lu et al. 2022, algorithm 2 and section 5). With ρ = σ'/σ, h = −ln ρ,
 *
 *   x ← ρ^(1+η)·x + (1 − ρ^(1+η))·D̄ + σ'·√(1 − ρ^(2η))·z,   D̄ = D + h/(2·h₋₁)·(D − D₋₁),
 *
 * where D is the denoised image and D₋₁ that of the step before. η = 0 is the probability-flow ODE, of second order with
 * one evaluation a step; η = 1 the reverse SDE. The first step has no D₋₁, and the step to 0 ends at D.
 */
import { consume } from "./consume.ts";
import type { Sampler } from "./sampler.ts";

export interface DpmSolverOptions {
  /** Share of the reverse SDE's noise: 1 all, 0 none. */
  readonly eta: number;
}

export const sdeDpm2m: Sampler<DpmSolverOptions> = {
  summary: "reverse SDE, SDE-DPM-Solver++(2M) (Lu et al. 2022, section 5)",
  schedule: "karras",
  steps: 50,
  defaults: { eta: 1 },
  options: {
    eta: { kind: "number", least: 0, most: 1, about: "share of the reverse SDE's noise: 1 all, 0 none" },
  },
  evaluations: (steps) => steps,
  async *run(space, x, sigmas, { eta }) {
    const total = sigmas.length - 1;
    let earlier: typeof x | undefined;
    for (let index = 0, before = 0; index < total; index++) {
      const [sigma, next] = [sigmas[index], sigmas[index + 1]];
      const h = Math.log(sigma / next); // Infinity for the step to 0
      const keep = (next / sigma) ** (1 + eta);
      const up = next * Math.sqrt(1 - (next / sigma) ** (2 * eta));
      const bend = next > 0 && before > 0 ? h / (2 * before) : 0;
      const score = await space.score(x, sigma);
      const denoised = consume(space, [[sigma ** 2, score]], [[1, x]]);
      x = consume(
        space,
        [
          [keep, x],
          ...(earlier === undefined ? [] : [[-(1 - keep) * bend, earlier] as const]),
          ...(up > 0 ? [[up, space.noise(index + 1)] as const] : []),
        ],
        [[(1 - keep) * (1 + bend), denoised]],
      );
      [earlier, before] = [denoised, h];
      yield { index, total, sigma: next, evaluations: index + 1, x };
    }
    if (earlier !== undefined) space.release(earlier);
    return x;
  },
};

/** The ODE alone. */
export const dpmSolver2m: Sampler = {
  summary: "probability-flow ODE, DPM-Solver++(2M) (Lu et al. 2022, algorithm 2)",
  schedule: "karras",
  steps: 25,
  defaults: {},
  options: {},
  evaluations: (steps) => steps,
  run: (space, x, sigmas) => sdeDpm2m.run(space, x, sigmas, { eta: 0 }),
};
