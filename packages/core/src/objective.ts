/**
 * Denoising score matching (Vincent 2011): a batch of noisy data and what the network is asked to say of it,
 *
 *   L = mean over pixels and batch of weight(σ)·(score(x, σ) + z/σ)²,   x = data + σ·z;
 *
 * and sliced score matching (Song et al. 2019), which asks for the same without being told the noise:
 *
 *   L = mean over batch of weight(σ)·(|score|² + 2·vᵀ(∂score/∂x)v) / pixels,   v of independent random signs.
 */
import type { NoiseModel } from "./parameterization.ts";
import { processes, type ProcessName } from "./sdes.ts";
import { bits, fillNormals, normals, purposes, split, uniforms, type Key } from "./rng.ts";

/** One training batch, drawn on the host; images are NCHW float32 in model units. */
export interface Batch {
  /** Noisy data, x = data + σ·z. */
  readonly x: Float32Array;
  /** The noise, standard normal. */
  readonly z: Float32Array;
  /** Noise level per image. */
  readonly sigma: Float64Array;
  /** weight(σ) per image. */
  readonly weight: Float64Array;
  /** Class per image, −1 for none. */
  readonly label?: Int32Array;
  /** v of sliced score matching, of x's shape; absent where the matching is another. */
  readonly projection?: Float32Array;
}

/** How a training step draws its noise levels; always clamped to the model's σ range. */
export type SigmaLaw =
  /** ln σ ~ N(mean, deviation²) (Karras et al. 2022, table 1). */
  | { readonly name: "log-normal"; readonly mean: number; readonly deviation: number }
  /** σ ~ U[σmin, σmax] (the tutorial). */
  | { readonly name: "uniform" }
  /** ln σ ~ U[ln σmin, ln σmax]: the VE SDE at t ~ U[0, 1] (Song et al. 2021). */
  | { readonly name: "log-uniform" }
  /** One of the model's levels, each as likely (NCSN's levels; DDPM's t ~ U{1 … T}). */
  | { readonly name: "levels" }
  /** σ = σ(t) of a process, t uniform between the times of σmin and σmax (Song et al. 2021, equation 7). */
  | { readonly name: "time"; readonly process: ProcessName };

/** Loss weights λ(σ). */
export const weights = {
  /**
   * σ²: every level counts alike where the score's size is 1/σ (Song & Ermon 2019, section 4.2). With ε = −σ·score it
   * is |ε − z|², DDPM's simple loss (Ho et al. 2020, equation 14).
   */
  dsm: (sigma) => sigma ** 2,
  /** 1: the smallest levels drown the rest (the tutorial). */
  tutorial: () => 1,
  /** σ⁴(σ² + σd²)/(σσd)²: a unit loss on the preconditioned network's output (Karras et al. 2022, table 1). */
  edm: (sigma, sigmaData) => (sigma ** 2 * (sigma ** 2 + sigmaData ** 2)) / sigmaData ** 2,
} as const satisfies Record<string, (sigma: number, sigmaData: number) => number>;
/** A key of {@link weights}. */
export type WeightName = keyof typeof weights;

/**
 * Where the score's target comes from: `denoising` compares with the noise that was added, `sliced` asks for the score's
 * own derivative along random directions, and so needs an engine that differentiates twice.
 */
export const matchings = ["denoising", "sliced"] as const;
/** One of {@link matchings}. */
export type Matching = (typeof matchings)[number];

/** What training minimises: a loss weight, and how noise levels are drawn. */
export interface Objective {
  /** `denoising` unless told. */
  readonly matching?: Matching;
  readonly weight: WeightName;
  readonly sigma: SigmaLaw;
}

/** Which noise a batch gets; σ and σ_data are in model units. */
export interface BatchOptions {
  /** The run's root key. */
  readonly root: Key;
  readonly step: number;
  readonly objective: Objective;
  readonly sigmaRange: readonly [number, number];
  /** σ_data, and the levels or β that the law of σ speaks of. */
  readonly model: NoiseModel;
  readonly label?: Int32Array;
}

/**
 * Adds step `step`'s noise to clean data.
 * @param clean count × dimension values in model units; overwritten with the noisy data
 */
export function noisyBatch(clean: Float32Array, count: number, options: BatchOptions): Batch {
  const { root, step, objective, sigmaRange, model, label } = options;
  const dimension = clean.length / count;
  const sigma = drawSigmas(
    objective.sigma,
    { sigmaRange, ...model },
    split(split(root, purposes.sigma), step),
    count,
  );
  const weight = sigma.map((value) => weights[objective.weight](value, model.sigmaData));
  const noiseKey = split(split(root, purposes.noise), step);
  const z = new Float32Array(clean.length);
  for (let image = 0; image < count; image++) {
    fillNormals(split(noiseKey, image), z, image * dimension, dimension);
    for (let i = image * dimension; i < (image + 1) * dimension; i++) clean[i] += sigma[image] * z[i];
  }
  const made = { x: clean, z, sigma, weight, label };
  if (objective.matching !== "sliced") return made;
  return { ...made, projection: signs(split(split(root, purposes.projection), step), count, dimension) };
}

/** Independent signs ±1: of all directions with unit covariance those that vᵀAv varies least with (Hutchinson 1990). */
function signs(key: Key, count: number, dimension: number): Float32Array {
  const out = new Float32Array(count * dimension);
  for (let image = 0; image < count; image++)
    bits(split(key, image), dimension).forEach((word, i) => {
      out[image * dimension + i] = word >>> 31 === 0 ? 1 : -1;
    });
  return out;
}

/** What the laws of σ are about: a range, and the levels or β of those that need them. */
export type NoiseDomain = Pick<BatchOptions, "sigmaRange"> & Pick<NoiseModel, "sigmas" | "betas">;

/**
 * The noise levels of one step, one per image.
 * @throws TypeError where the law speaks of levels that there are not
 */
export function drawSigmas(
  law: SigmaLaw,
  { sigmaRange: [low, high], sigmas, betas }: NoiseDomain,
  key: Key,
  count: number,
): Float64Array {
  switch (law.name) {
    case "log-normal":
      return Float64Array.from(normals(key, count), (z) =>
        clamp(Math.exp(law.mean + law.deviation * z), low, high),
      );
    case "uniform":
      return uniforms(key, count).map((u) => low + u * (high - low));
    case "log-uniform":
      return uniforms(key, count).map((u) => clamp(low ** (1 - u) * high ** u, low, high));
    case "levels": {
      if (sigmas === undefined) throw new TypeError("sigma is drawn from levels, and the model has none");
      return uniforms(key, count).map((u) => sigmas[Math.floor(u * sigmas.length)]);
    }
    case "time": {
      const { sigma, time } = processes[law.process](betas);
      const [from, to] = [time(low), time(high)];
      return uniforms(key, count).map((u) => clamp(sigma(from + u * (to - from)), low, high));
    }
    default:
      return law satisfies never;
  }
}

const clamp = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high);

/** The loss of each image in denoising score matching, in float64: the definition that engines are tested against. */
export function lossPerImage(score: ArrayLike<number>, { z, sigma, weight }: Batch): Float64Array {
  const dimension = score.length / sigma.length;
  return sigma.map((level, image) => {
    let sum = 0;
    for (let i = image * dimension; i < (image + 1) * dimension; i++) sum += (score[i] + z[i] / level) ** 2;
    return (weight[image] * sum) / dimension;
  });
}

/**
 * The loss of each image in sliced score matching, in float64 (Song et al. 2019, equation 8, the variance-reduced form).
 * Twice the paper's and per pixel: its expectation is then the denoising loss's less weight/σ², and its gradient's the
 * same.
 * @param slope vᵀ·∂score/∂x, of the score's shape
 * @throws TypeError for a batch without a projection
 */
export function slicedLossPerImage(
  score: ArrayLike<number>,
  slope: ArrayLike<number>,
  { projection, weight }: Pick<Batch, "projection" | "weight">,
): Float64Array {
  if (projection === undefined)
    throw new TypeError("the batch has no projection (need objective.matching sliced)");
  const dimension = score.length / weight.length;
  return weight.map((factor, image) => {
    let sum = 0;
    for (let i = image * dimension; i < (image + 1) * dimension; i++)
      sum += score[i] ** 2 + 2 * slope[i] * projection[i];
    return (factor * sum) / dimension;
  });
}
