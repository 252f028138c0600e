/**
 * Consistent annealed sampling (Jolicoeur-Martineau et al. 2020, algorithm 2): one step at each level, with just the
 * noise that the next level has,
 *
 *   x ← x + η·σ²·score(x, σ) + β·σ'·z,   γ = σ'/σ,   β = √(1 − ((1 − η)/γ)²),
 *
 * valid for 1 − γ ≤ η ≤ 1 + γ. At the lower end it is DDIM, and η = 1 − γ² is ancestral sampling. The step to 0 is
 * the denoising x + σ²·score.
 */
import { consume } from "./consume.ts";
import type { Sampler } from "./sampler.ts";

export interface ConsistentAnnealedOptions {
  /** The paper's ε = η·σ_L², step size at the last level, model units; without it η is halfway from DDIM to ancestral. */
  readonly epsilon?: number;
}

export const consistentAnnealed: Sampler<ConsistentAnnealedOptions> = {
  summary: "consistent annealed sampling (Jolicoeur-Martineau et al. 2020, algorithm 2)",
  schedule: "exponential",
  steps: 100,
  defaults: {},
  options: {
    epsilon: {
      kind: "number",
      above: 0,
      about: "step size at the last level, eta*sigma_L^2; without it halfway from ddim to ancestral",
    },
  },
  evaluations: (steps) => steps,
  async *run(space, x, sigmas, { epsilon }) {
    const eta = epsilon === undefined ? undefined : epsilon / lastOf(sigmas) ** 2;
    const moves = Array.from(sigmas.subarray(1), (next, i) => move(sigmas[i], next, eta));
    for (const [index, { step, noise, next }] of moves.entries()) {
      const score = await space.score(x, sigmas[index]);
      x = consume(space, [
        [1, x],
        [step, score],
        ...(noise > 0 ? [[noise, space.noise(index + 1)] as const] : []),
      ]);
      yield { index, total: moves.length, sigma: next, evaluations: index + 1, x };
    }
    return x;
  },
};

/** η·σ² and β·σ' of a step. @throws RangeError for an η that the noise cannot make up for */
function move(sigma: number, next: number, given?: number): { step: number; noise: number; next: number } {
  if (next === 0) return { step: sigma ** 2, noise: 0, next };
  const gamma = next / sigma;
  const eta = given ?? (1 - gamma) * (1 + gamma / 2);
  const kept = (1 - eta) / gamma;
  if (Math.abs(kept) > 1)
    throw new RangeError(
      `invalid epsilon: eta = epsilon/sigma_L^2 = ${eta.toPrecision(3)} (need ${(1 - gamma).toPrecision(3)} <= eta <= ` +
        `${(1 + gamma).toPrecision(3)} between sigma ${sigma.toPrecision(3)} and ${next.toPrecision(3)})`,
    );
  return { step: eta * sigma ** 2, noise: next * Math.sqrt(1 - kept ** 2), next };
}

const lastOf = (sigmas: Float64Array): number => sigmas.findLast((sigma) => sigma > 0) ?? NaN;
