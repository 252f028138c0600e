/**
 * Denoising score matching (Vincent 2011): a batch of noisy data and what the network is asked to say of it,
 *
 *   L = mean over pixels and batch of weight(σ)·(score(x, σ) + z/σ)²,   x = data + σ·z.
 */
import type { NoiseModel } from "./parameterization.ts";
import { processes, type ProcessName } from "./sdes.ts";
import { fillNormals, normals, purposes, split, uniforms, type Key } from "./rng.ts";

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

/** What training minimises: a loss weight, and how noise levels are drawn. */
export interface Objective {
  /**
   * `denoising`, unless told; `sliced` score matching (Song et al. 2019) asks for the score's derivative along random
   * directions instead of the noise that was added.
   */
  readonly matching?: "denoising" | "sliced";
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
  return { x: clean, z, sigma, weight, label };
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

/** The loss of each image, in float64: the definition that engines are tested against. */
export function lossPerImage(score: ArrayLike<number>, { z, sigma, weight }: Batch): Float64Array {
  const dimension = score.length / sigma.length;
  return sigma.map((level, image) => {
    let sum = 0;
    for (let i = image * dimension; i < (image + 1) * dimension; i++) sum += (score[i] + z[i] / level) ** 2;
    return (weight[image] * sum) / dimension;
  });
}
