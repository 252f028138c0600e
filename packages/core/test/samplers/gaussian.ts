/**
 * Gaussian data N(0, s²I), the samplers' first oracle: the score −x/(s² + σ²) is exact, a sampler is then linear in its
 * start and its noise, and what it ends with is a normal distribution of a variance known in closed form.
 */
import { key, purposes, split } from "../../src/rng.ts";
import { hostSpace, prior, type PerImage, type Space } from "../../src/space.ts";
import type { Setting } from "./settings.ts";

/** The standard deviation s of the data. */
export const deviation = 0.5;

/** Chains of the exact score: count × dimension of them, all independent. */
export function gaussianSpace({
  seed = 0,
  count = 100,
  dimension = 200,
  first = 0,
} = {}): Space<Float32Array> {
  return hostSpace({
    count,
    dimension,
    first,
    key: split(key(seed), purposes.sampling),
    score: async (x, sigma, out) => {
      for (let image = 0; image < count; image++) {
        const level = typeof sigma === "number" ? sigma : sigma[image];
        const factor = -1 / (deviation ** 2 + level ** 2);
        for (let i = image * dimension; i < (image + 1) * dimension; i++) out[i] = factor * x[i];
      }
    },
  });
}

/** A linear form in the draws: coefficient by draw number. */
export type Form = ReadonlyMap<number, number>;

/**
 * The same data in a space of linear forms: a run of a sampler in it gives the exact coefficients of its result in
 * every draw, without a random number, and so the exact variance. ⟨a, b⟩ is the covariance: what the mean over the pixels
 * of an image comes to when there are very many.
 */
export function linearSpace(): Space<Form> {
  const combine = (terms: readonly (readonly [PerImage, Form])[]): Form => {
    const sum = new Map<number, number>();
    for (const [c, form] of terms)
      for (const [draw, value] of form) sum.set(draw, (sum.get(draw) ?? 0) + Number(c) * value);
    return sum;
  };
  const missing = (): never => {
    throw new Error("a linear form has no such operation");
  };
  return {
    count: 1,
    dimension: 1,
    score: (x, sigma) => Promise.resolve(combine([[-1 / (deviation ** 2 + Number(sigma) ** 2), x]])),
    noise: (draw) => new Map([[draw, 1]]),
    uniform: missing,
    combine,
    product: missing,
    constant: missing,
    blockMeans: missing,
    dot(a, b) {
      let sum = 0;
      for (const [draw, value] of a) sum += value * (b.get(draw) ?? 0);
      return Promise.resolve(Float64Array.of(sum));
    },
    release: () => {},
  };
}

export const varianceOf = (form: Form): number => [...form.values()].reduce((sum, c) => sum + c * c, 0);

/** As much of a card as {@link prior} reads: start from σ₁·z. */
export const card = { sampler: { name: "heun", steps: 1, options: {} } } as const;

/** Runs a sampler to its end from the prior σ₁·z of its own space. */
export async function result<V>(
  space: Space<V>,
  { sampler, sigmas, options }: Pick<Setting, "sampler" | "sigmas" | "options">,
): Promise<V> {
  const run = sampler.run(space, prior(space, card, sigmas[0]), sigmas, options);
  for (;;) {
    const { done, value } = await run.next();
    if (done === true) return value;
  }
}
