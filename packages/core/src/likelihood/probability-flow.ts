/**
 * The density that a score model gives to data, by the probability-flow ODE (Song et al. 2021, section 4.3 and appendix
 * D.2). Along its solutions, dx/dσ = −σ·score(x, σ), the density changes by
 *
 *   d log p_σ(x(σ)) / dσ = σ·∇·score(x, σ),
 *
 * so log p at the lowest noise level is the prior's logarithm where the solution ends, minus the integral. Its
 * derivatives are taken in ln σ, in which both are smooth and of one scale from end to end, by the classical
 * Runge–Kutta method of order 4 with equal steps: a grid of its own for each image would give other images other errors,
 * and a common adaptive one would make an image's result depend on its batch.
 */
import type { Space } from "../space.ts";

/** How the ODE is solved. */
export interface FlowOptions {
  /** Noise levels to go from and to, model units. */
  readonly sigmaMin: number;
  readonly sigmaMax: number;
  /** Standard deviation of the normal law that data have at sigmaMax; of mean 0. */
  readonly priorDeviation: number;
  /** Runge–Kutta steps, four evaluations each. */
  readonly steps: number;
}

/** What the flow says of each image. */
export interface Flow<V> {
  /** Where the solution ends, at sigmaMax: a value of the caller's. */
  readonly latent: V;
  /** Logarithm of the prior's density there, nats. */
  readonly logPrior: Float64Array;
  /** For each direction v and each image, −∫ σ·vᵀ(∂score/∂x)v dσ: nats. */
  readonly gains: readonly Float64Array[];
}

/**
 * Carries data from sigmaMin to sigmaMax.
 * @param space with vjp
 * @param x the data, model units; it stays the caller's
 * @param directions values v; likewise
 * @throws TypeError where the space has no vjp
 */
export async function probabilityFlow<V>(
  space: Space<V>,
  x: V,
  directions: readonly V[],
  { sigmaMin, sigmaMax, priorDeviation, steps }: FlowOptions,
): Promise<Flow<V>> {
  const vjp = space.vjp?.bind(space);
  if (vjp === undefined) throw new TypeError("a likelihood needs the score's vjp, which this space lacks");
  /** dx/d ln σ, and for each direction d gain/d ln σ. */
  const slope = async (x: V, sigma: number): Promise<{ flow: V; gains: Float64Array[] }> => {
    const score = await space.score(x, sigma);
    const flow = space.combine([[-(sigma ** 2), score]]);
    space.release(score);
    const gains: Float64Array[] = [];
    for (const v of directions) {
      const pulled = await vjp(x, sigma, v);
      gains.push((await space.dot(v, pulled)).map((trace) => -(sigma ** 2) * trace));
      space.release(pulled);
    }
    return { flow, gains };
  };

  const h = Math.log(sigmaMax / sigmaMin) / steps;
  const totals = directions.map(() => new Float64Array(space.count));
  let state = space.combine([[1, x]]);
  for (let step = 0; step < steps; step++) {
    const at = (part: number): number => sigmaMin * Math.exp(h * (step + part));
    const ahead = (part: number, flow: V): V =>
      space.combine([
        [1, state],
        [h * part, flow],
      ]);
    const first = await slope(state, at(0));
    const second = await from(ahead(1 / 2, first.flow), at(1 / 2));
    const third = await from(ahead(1 / 2, second.flow), at(1 / 2));
    const fourth = await from(ahead(1, third.flow), at(1));
    const stages = [first, second, third, fourth] as const;
    const next = space.combine([[1, state], ...stages.map(({ flow }, i) => [h * weights[i], flow] as const)]);
    totals.forEach((total, k) => {
      stages.forEach(({ gains }, i) => gains[k].forEach((gain, n) => (total[n] += h * weights[i] * gain)));
    });
    space.release(state, ...stages.map(({ flow }) => flow));
    state = next;
  }
  const squares = await space.dot(state, state);
  const variance = priorDeviation ** 2;
  const normaliser = (space.dimension / 2) * Math.log(2 * Math.PI * variance);
  return { latent: state, logPrior: squares.map((s) => -s / (2 * variance) - normaliser), gains: totals };

  async function from(x: V, sigma: number): Promise<{ flow: V; gains: Float64Array[] }> {
    const found = await slope(x, sigma);
    space.release(x);
    return found;
  }
}

const weights = [1 / 6, 1 / 3, 1 / 3, 1 / 6] as const;
