/**
 * The variance that each sampler ends with on Gaussian data N(0, s²), from σ₁² on, by the method's own recursion: written
 * down from its paper in the paper's coordinates, where those are not ours.
 */
import type {
  AncestralOptions,
  AnnealedLangevinOptions,
  ConsistentAnnealedOptions,
  DpmSolverOptions,
  EdmStochasticOptions,
  EulerMaruyamaOptions,
  LangevinOptions,
  PredictorCorrectorOptions,
  SamplerName,
} from "../../src/samplers/index.ts";
import { sdes, type SdeName } from "../../src/sdes.ts";
import { deviation } from "./gaussian.ts";
import type { Setting } from "./settings.ts";

const s2 = deviation ** 2;

type Recursion = (sigmas: readonly number[], options: never) => number;

/** Neighbouring levels. */
const pairs = (sigmas: readonly number[]): (readonly [number, number])[] =>
  sigmas.slice(1).map((next, i) => [sigmas[i], next]);

/** dx/dσ = f(σ)·x of the probability flow. */
const flow = (sigma: number): number => sigma / (s2 + sigma ** 2);

const heunFactor = (from: number, to: number): number => {
  const h = to - from;
  return to === 0 ? 1 + h * flow(from) : 1 + (h * flow(from)) / 2 + (h * flow(to) * (1 + h * flow(from))) / 2;
};

/** The denoised image is this part of x. */
const shrink = (sigma: number): number => s2 / (s2 + sigma ** 2);

/** DDIM's equations 12 and 16, of y = √ᾱ·x with ᾱ = 1/(1 + σ²). */
function ancestral(sigmas: readonly number[], { eta }: AncestralOptions): number {
  const bar = (sigma: number) => 1 / (1 + sigma ** 2);
  let v = bar(sigmas[0]) * sigmas[0] ** 2;
  for (const [sigma, next] of pairs(sigmas)) {
    const [a, b] = [bar(sigma), bar(next)];
    const noise = eta * Math.sqrt((1 - b) / (1 - a)) * Math.sqrt(1 - a / b);
    const epsilon = Math.sqrt(1 - a) / (a * s2 + 1 - a); // ε = this·y
    const mean = (1 - Math.sqrt(1 - a) * epsilon) / Math.sqrt(a);
    const direction = Math.sqrt(Math.max(0, 1 - b - noise ** 2));
    v = (Math.sqrt(b) * mean + direction * epsilon) ** 2 * v + noise ** 2;
  }
  return v;
}

/** x_i+1 = A·x_i + B·D_i−1 + noise, by the variances of both and their covariance; η as in k-diffusion. */
function multistep(sigmas: readonly number[], { eta }: DpmSolverOptions): number {
  let [v, earlier, both] = [sigmas[0] ** 2, 0, 0]; // of x, of D₋₁, and their covariance
  let last = 0; // h₋₁
  for (const [sigma, next] of pairs(sigmas)) {
    const h = -Math.log(next) + Math.log(sigma);
    const d = shrink(sigma);
    const toward = -Math.expm1(-(1 + eta) * h);
    const r = next > 0 && last > 0 ? last / h : Infinity;
    const A = Math.exp(-(1 + eta) * h) + toward * d * (1 + 1 / (2 * r));
    const B = -toward / (2 * r);
    const noise = next > 0 ? next ** 2 * -Math.expm1(-2 * eta * h) : 0;
    [v, earlier, both] = [
      A ** 2 * v + B ** 2 * earlier + 2 * A * B * both + noise,
      d ** 2 * v,
      d * (A * v + B * both),
    ];
    last = h;
  }
  return v;
}

/** y ← (1 − f·Δ)·y + g²·Δ·score + g·√Δ·z of y = scale·x. */
function maruyama(sigma: number, next: number, v: number, name: SdeName): number {
  if (next === 0) return shrink(sigma) ** 2 * v;
  const { time, scale, drift, diffusion } = sdes[name];
  const [t, delta] = [time(sigma), time(sigma) - time(next)];
  const m = scale(t);
  const g2 = diffusion(t) ** 2 * delta;
  const factor = 1 - drift(t) * delta - g2 / (m ** 2 * (s2 + sigma ** 2));
  return (factor ** 2 * m ** 2 * v + g2) / scale(time(next)) ** 2;
}

/** y ← (2 − a)·y + G²·score + G·z, where the process goes forward by y ← a·y + G·z. */
function reverseDiffusion(sigma: number, next: number, v: number, name: SdeName): number {
  if (next === 0) return shrink(sigma) ** 2 * v;
  const { time, scale } = sdes[name];
  const [m, to] = [scale(time(sigma)), scale(time(next))];
  const a = m / to;
  const G2 = m ** 2 * sigma ** 2 - a ** 2 * to ** 2 * next ** 2; // the variances of the noise in y
  const factor = 2 - a - G2 / (m ** 2 * (s2 + sigma ** 2));
  return (factor ** 2 * m ** 2 * v + G2) / to ** 2;
}

const langevin = (v: number, sigma: number, alpha: number): number =>
  (1 - alpha / (s2 + sigma ** 2)) ** 2 * v + 2 * alpha;

const finalVariance: { readonly [Name in SamplerName]: Recursion } = {
  heun: (sigmas) => pairs(sigmas).reduce((v, [from, to]) => v * heunFactor(from, to) ** 2, sigmas[0] ** 2),
  euler: (sigmas) =>
    pairs(sigmas).reduce((v, [from, to]) => v * (1 + (to - from) * flow(from)) ** 2, sigmas[0] ** 2),
  /** Where the flow itself goes, and the denoising from there. */
  rk45(sigmas) {
    const [first, last] = [sigmas[0], sigmas[sigmas.length - 2]];
    return ((sigmas[0] ** 2 * (s2 + last ** 2)) / (s2 + first ** 2)) * shrink(last) ** 2;
  },
  "dpm-solver-2m": (sigmas) => multistep(sigmas, { eta: 0 }),
  ddim: ancestral,
  /** Noise up to σ̂, at most the first level, then Heun's factor. */
  "edm-stochastic": (sigmas, { sChurn, sMin, sMax, sNoise }: EdmStochasticOptions) =>
    pairs(sigmas).reduce((v, [sigma, next]) => {
      const churned = sigma >= sMin && sigma <= sMax;
      const gamma = churned ? Math.min(sChurn / (sigmas.length - 1), Math.SQRT2 - 1) : 0;
      const hat = Math.min(sigma + gamma * sigma, sigmas[0]);
      return (v + (hat ** 2 - sigma ** 2) * sNoise ** 2) * heunFactor(hat, next) ** 2;
    }, sigmas[0] ** 2),
  ancestral,
  ddpm: ancestral,
  "euler-ancestral": ancestral,
  "sde-dpm-2m": multistep,
  "euler-maruyama": (sigmas, { sde }: EulerMaruyamaOptions) =>
    pairs(sigmas).reduce((v, [sigma, next]) => maruyama(sigma, next, v, sde), sigmas[0] ** 2),
  /** ‖z‖² is the number of pixels, ‖score‖² that times v/(s² + σ²)². */
  "predictor-corrector": (sigmas, options: PredictorCorrectorOptions) =>
    pairs(sigmas).reduce((v, [sigma, next]) => {
      for (let i = 0; i < options.corrections; i++)
        v = langevin(v, sigma, (2 * options.snr ** 2 * (s2 + sigma ** 2) ** 2) / v);
      if (options.predictor === "reverse-diffusion") return reverseDiffusion(sigma, next, v, options.sde);
      const step = sigma ** 2 - next ** 2; // VE's ancestral sampling: Song et al. 2021, appendix F
      return (1 - step / (s2 + sigma ** 2)) ** 2 * v + (step * next ** 2) / sigma ** 2;
    }, sigmas[0] ** 2),
  /** v ← (1 − α/(s² + σ²))²·v + 2α at each step, then the denoising factor (s²/(s² + σ_L²))². */
  "annealed-langevin"(sigmas, { epsilon, alpha, stepsPerLevel, denoise }: AnnealedLangevinOptions) {
    const last = sigmas[sigmas.length - 1];
    let v = sigmas[0] ** 2;
    for (const sigma of sigmas)
      for (let t = 0; t < stepsPerLevel; t++)
        v = langevin(v, sigma, alpha ?? ((epsilon ?? NaN) * sigma ** 2) / last ** 2);
    return denoise ? v * shrink(last) ** 2 : v;
  },
  "consistent-annealed": (sigmas, { epsilon }: ConsistentAnnealedOptions) =>
    pairs(sigmas).reduce((v, [sigma, next]) => {
      if (next === 0) return shrink(sigma) ** 2 * v;
      const gamma = next / sigma;
      const eta =
        epsilon === undefined ? (1 - gamma + 1 - gamma ** 2) / 2 : epsilon / sigmas[sigmas.length - 2] ** 2;
      const beta2 = 1 - (1 - eta) ** 2 / gamma ** 2;
      return (1 - (eta * sigma ** 2) / (s2 + sigma ** 2)) ** 2 * v + beta2 * next ** 2;
    }, sigmas[0] ** 2),
  langevin(sigmas, { alpha = NaN, denoise }: LangevinOptions) {
    const last = sigmas[sigmas.length - 1];
    const v = sigmas.reduce((v) => langevin(v, last, alpha), sigmas[0] ** 2);
    return denoise ? v * shrink(last) ** 2 : v;
  },
  mala: () => NaN,
};

/** The variance that a run of a setting ends with. */
export const expectedVariance = ({ name, sigmas, options }: Setting): number =>
  finalVariance[name]([...sigmas], options as never);
