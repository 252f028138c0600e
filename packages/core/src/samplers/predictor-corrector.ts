/**
 * Predictor–corrector sampling (Song et al. 2021, algorithm 1), in the order of its code: at each level first the
 * corrector, Langevin steps of a set signal-to-noise ratio r (algorithms 4 and 5),
 *
 *   x ← x + α·score + √(2α)·z,   α = 2·(r·‖z‖/‖score‖)²,
 *
 * then the predictor, one step of the reverse SDE to the next level. The paper takes the norms' means over a batch; here
 * each image has its own α, so that it is the same in every batch. VP's factor 1 − β in α, which is close to 1, is left
 * out. The step to 0 is the denoising x + σ²·score, without noise.
 */
import { sdes, type SdeName } from "../sdes.ts";
import type { Space } from "../space.ts";
import { ancestralNoise } from "./ancestral.ts";
import { consume } from "./consume.ts";
import { langevinTerms } from "./langevin-step.ts";
import type { Sampler } from "./sampler.ts";

export interface PredictorCorrectorOptions {
  /** Reverse diffusion, of the process; or ancestral sampling. */
  readonly predictor: "reverse-diffusion" | "ancestral";
  /** Whose SDE reverse diffusion discretises. */
  readonly sde: SdeName;
  /** Langevin steps at each level. */
  readonly corrections: number;
  /** Signal-to-noise ratio r of a Langevin step. */
  readonly snr: number;
}

export const predictorCorrector: Sampler<PredictorCorrectorOptions> = {
  summary: "predictor-corrector (Song et al. 2021, algorithm 1)",
  schedule: "exponential",
  steps: 200,
  defaults: { predictor: "reverse-diffusion", sde: "ve", corrections: 1, snr: 0.16 },
  options: {
    predictor: { kind: "choice", choices: ["reverse-diffusion", "ancestral"], about: "the predictor" },
    sde: {
      kind: "choice",
      choices: Object.keys(sdes),
      about: "the SDE that reverse diffusion discretises",
    },
    corrections: { kind: "integer", least: 0, about: "Langevin steps at each level" },
    snr: { kind: "number", above: 0, about: "signal-to-noise ratio of a Langevin step" },
  },
  evaluations: (steps, { corrections }) => steps * (1 + corrections),
  async *run(space, x, sigmas, { predictor, sde, corrections, snr }) {
    const total = sigmas.length - 1;
    let draw = 0;
    for (let index = 0; index < total; index++) {
      const [sigma, next] = [sigmas[index], sigmas[index + 1]];
      for (let i = 0; i < corrections; i++) x = await corrected(space, x, sigma, snr, ++draw);
      const [keep, step, up] =
        next === 0
          ? [1, sigma ** 2, 0]
          : predictor === "ancestral"
            ? ancestralMove(sigma, next)
            : reverseDiffusion(sigma, next, sde);
      const score = await space.score(x, sigma);
      x = consume(space, [[keep, x], [step, score], ...(up > 0 ? [[up, space.noise(++draw)] as const] : [])]);
      yield { index, total, sigma: next, evaluations: (index + 1) * (1 + corrections), x };
    }
    return x;
  },
};

/** One Langevin step with an α for each image. */
async function corrected<V>(space: Space<V>, x: V, sigma: number, snr: number, draw: number): Promise<V> {
  const score = await space.score(x, sigma);
  const z = space.noise(draw);
  const [signal, noise] = await Promise.all([space.dot(score, score), space.dot(z, z)]);
  // A score of 0, of a network that has learnt nothing, says nowhere to go: that image stays.
  const alpha = noise.map((square, i) => (signal[i] > 0 ? (2 * snr ** 2 * square) / signal[i] : 0));
  return consume(space, langevinTerms(x, score, z, alpha));
}

/** Coefficients of x, score and noise. */
type Move = readonly [keep: number, step: number, up: number];

function ancestralMove(sigma: number, next: number): Move {
  const { down, up } = ancestralNoise(sigma, next, 1);
  return [1, sigma * (sigma - down), up];
}

/**
 * The forward transition of the sde, x' = a·x + G·z, turned round as x + (1 − a)·x + G²·score + G·z (Song et al. 2021,
 * appendix E), and that divided by the process's scale. For VE a is 1, for VP √(1 − β).
 */
function reverseDiffusion(sigma: number, next: number, sde: SdeName): Move {
  const { scale, time } = sdes[sde];
  const a = scale(time(sigma)) / scale(time(next));
  const variance = sigma ** 2 - next ** 2; // G² over the scale's square
  return [(2 - a) * a, a * variance, a * Math.sqrt(variance)];
}
