/**
 * Gaussian data N(0, s²I), the samplers' first oracle: the score −x/(s² + σ²) is exact, every sampler is then linear
 * in its start and its noise, and what it ends with is a normal distribution of a variance known in closed form.
 */
import { key, purposes, split } from "../../src/rng.ts";
import {
  resolveOptions,
  samplers,
  type AnnealedLangevinOptions,
  type Sampler,
  type SamplerName,
} from "../../src/samplers/index.ts";
import { schedules } from "../../src/schedules.ts";
import { hostSpace, prior, type Space } from "../../src/space.ts";

/** The standard deviation s of the data. */
export const deviation = 0.5;

/** A sampler with all that a run of it needs. */
export interface Setting {
  readonly name: SamplerName;
  readonly sampler: Sampler;
  readonly sigmas: Float64Array;
  readonly options: object;
}

/** Few, coarse steps that stop while the noise is as large as the data, so that every step and every σ shows. */
export function setting(name: SamplerName, options: object = {}, steps = 8): Setting {
  const sampler: Sampler = samplers[name];
  const sigmas = schedules[sampler.schedule](steps, { sigmaMin: 0.3, sigmaMax: 3 });
  return { name, sampler, sigmas, options: resolveOptions(name, sampler, options) };
}

/** Settings of every registered sampler; a new one adds its line, or the compiler says so. */
const settingsOf: { readonly [Name in SamplerName]: readonly object[] } = {
  heun: [{}],
  "annealed-langevin": [
    { epsilon: 0.04, stepsPerLevel: 2 },
    { epsilon: 0.04, stepsPerLevel: 3, denoise: false },
    { alpha: 0.02, stepsPerLevel: 4 },
  ],
};

export const settings: readonly (readonly [title: string, setting: Setting])[] = names().flatMap((name) =>
  settingsOf[name].map((options) => [`${name} ${JSON.stringify(options)}`, setting(name, options)] as const),
);

export function names(): SamplerName[] {
  return Object.keys(samplers) as SamplerName[];
}

/** The variance that the chain of a setting ends with, from σ₁², by the method's own recursion. */
export const finalVariance: {
  readonly [Name in SamplerName]: (sigmas: readonly number[], options: never) => number;
} = {
  /** v ← (1 − α/(s² + σ²))²·v + 2α at each step, then the denoising factor (s²/(s² + σ_L²))². */
  "annealed-langevin"(sigmas, { epsilon, alpha, stepsPerLevel, denoise }: AnnealedLangevinOptions) {
    const last = sigmas[sigmas.length - 1];
    let v = sigmas[0] ** 2;
    for (const sigma of sigmas)
      for (let t = 0; t < stepsPerLevel; t++) {
        const a = alpha ?? ((epsilon ?? NaN) * sigma ** 2) / last ** 2;
        v = (1 - a / (deviation ** 2 + sigma ** 2)) ** 2 * v + 2 * a;
      }
    return denoise ? v * (deviation ** 2 / (deviation ** 2 + last ** 2)) ** 2 : v;
  },
  /** Heun's factor for dx/dσ = f(σ)·x, f = σ/(s² + σ²); Euler's at the end, where f(0) = 0. */
  heun(sigmas) {
    const f = (sigma: number) => sigma / (deviation ** 2 + sigma ** 2);
    let growth = 1;
    for (let i = 0; i + 1 < sigmas.length; i++) {
      const [from, to] = [sigmas[i], sigmas[i + 1]];
      const h = to - from;
      growth *= to === 0 ? 1 + h * f(from) : 1 + (h * f(from)) / 2 + (h * f(to) * (1 + h * f(from))) / 2;
    }
    return (sigmas[0] * growth) ** 2;
  },
};

export const expectedVariance = ({ name, sigmas, options }: Setting): number =>
  finalVariance[name]([...sigmas], options as never);

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
 * every draw, without a random number, and so the exact variance.
 */
export function linearSpace(): Space<Form> {
  const combine = (terms: readonly (readonly [number | Float64Array, Form])[]): Form => {
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
    dot: missing,
    release: () => {},
  };
}

export const varianceOf = (form: Form): number => [...form.values()].reduce((sum, c) => sum + c * c, 0);

/** As much of a card as {@link prior} reads: start from σ₁·z. */
export const card = { sampler: { name: "heun", steps: 1, options: {} } } as const;

/** Runs a setting to its end from the prior σ₁·z of its own space. */
export async function result<V>(space: Space<V>, { sampler, sigmas, options }: Setting): Promise<V> {
  const run = sampler.run(space, prior(space, card, sigmas[0]), sigmas, options);
  for (;;) {
    const { done, value } = await run.next();
    if (done === true) return value;
  }
}
