/**
 * Parameterizations: how the raw output F of a network becomes the score of the noisy data's density,
 *
 *   score(x, σ) = skip(σ)·x + output(σ)·F(input(σ)·x, noise(σ)),
 *
 * in variance-exploding coordinates x = data + σ·z, model units. The score is formed directly rather than from the
 * denoised image, (D − x)/σ², which cancels at small σ.
 */
import { networks, type NetworkName } from "./networks/index.ts";
import type { Network, Nn } from "./nn.ts";
import { log1p } from "./nn/log1p.ts";
import type { BetaRange } from "./sdes.ts";

/** Functions of σ [N, 1]; an absent skip is 0, an absent input or output is 1. */
export interface Coefficients<Vector> {
  readonly skip?: Vector;
  readonly output?: Vector;
  readonly input?: Vector;
  readonly noise: Vector;
}

/** What of a model its coefficients depend on beside σ. */
export type NoiseModel = Pick<ScoreModel, "sigmaData" | "sigmas" | "betas">;

/** The coefficients of a parameterization as functions of σ, in any interpreter. */
export interface Parameterization {
  /** @throws TypeError where the model lacks the levels or the β that this one needs */
  coefficients<I, V, W>(nn: Nn<I, V, W>, sigma: V, model: NoiseModel): Coefficients<V>;
}

/** The network is the score, and looks at σ (the tutorial). */
const raw: Parameterization = {
  coefficients: (_, sigma) => ({ noise: sigma }),
};

/** The network is the score, and is told the number of the level (NCSN: Song & Ermon 2019). */
const ncsn: Parameterization = {
  coefficients: (nn, sigma, model) => ({ noise: nn.nearest(sigma, levelsOf(model)) }),
};

/** score = F(x)/σ for a network that need not look at σ, or may at ln(σ)/4 (Song & Ermon 2020, Technique 3). */
const ncsnv2: Parameterization = {
  coefficients: (nn, sigma) => ({ output: nn.reciprocal(sigma), noise: nn.times(nn.log(sigma), 1 / 4) }),
};

/** score = F(x, ln(σ/2))/σ: the VE networks of Song et al. 2021, as Karras et al. 2022, table 1, write them. */
const ve: Parameterization = {
  coefficients: (nn, sigma) => ({
    output: nn.reciprocal(sigma),
    noise: nn.plus(nn.log(sigma), -Math.LN2),
  }),
};

/**
 * DDPM's ε = F(√ᾱ·x, t/T), score = −ε/σ (Ho et al. 2020): √ᾱ = 1/√(1 + σ²) leads to DDPM's own coordinates, and t is
 * that of the nearest level of the table. Time is counted in T, as Fourier features want it.
 */
const ddpm: Parameterization = {
  coefficients: (nn, sigma, model) => {
    const table = levelsOf(model);
    const fromEnd = nn.nearest(sigma, table); // 0 at t = T
    return {
      output: minusReciprocal(nn, sigma),
      input: nn.rsqrt(nn.plus(nn.times(sigma, sigma), 1)),
      noise: nn.times(nn.plus(nn.times(fromEnd, -1), table.length), 1 / table.length),
    };
  },
};

/** ε-prediction with continuous time (Song et al. 2021): VP's scale 1/√(1 + σ²), and t where B(t) = ln(1 + σ²). */
const vp: Parameterization = {
  coefficients: (nn, sigma, model) => {
    const square = nn.times(sigma, sigma);
    return {
      output: minusReciprocal(nn, sigma),
      input: nn.rsqrt(nn.plus(square, 1)),
      noise: timeOf(nn, log1p(nn, square), betasOf(model)),
    };
  },
};

/**
 * The same for sub-VP, where σ = 2·sinh(B/2): e^(B/2) = 1 + u with u = σ/2 + (σ²/4)/(1 + √(1 + σ²/4)), so that the
 * scale e^(−B/2) is 1/(1 + u) and B(t) = 2·ln(1 + u).
 */
const subVp: Parameterization = {
  coefficients: (nn, sigma, model) => {
    const half = nn.times(sigma, 1 / 2);
    const quarter = nn.times(half, half);
    const whole = nn.plus(quarter, 1);
    const root = nn.times(whole, nn.rsqrt(whole));
    const u = nn.plus(half, nn.times(quarter, nn.reciprocal(nn.plus(root, 1))));
    return {
      output: minusReciprocal(nn, sigma),
      input: nn.reciprocal(nn.plus(u, 1)),
      noise: timeOf(nn, nn.times(log1p(nn, u), 2), betasOf(model)),
    };
  },
};

/**
 * EDM's preconditioning (Karras et al. 2022, table 1), with score = (D − x)/σ² worked out:
 * skip −1/(σ² + σd²), output σd/(σ√(σ² + σd²)), input 1/√(σ² + σd²), noise ln(σ)/4.
 */
const edm: Parameterization = {
  coefficients: (nn, sigma, { sigmaData }) => {
    const input = nn.rsqrt(nn.plus(nn.times(sigma, sigma), sigmaData ** 2));
    return {
      skip: nn.times(nn.times(input, input), -1),
      output: nn.times(nn.times(input, nn.reciprocal(sigma)), sigmaData),
      input,
      noise: nn.times(nn.log(sigma), 1 / 4),
    };
  },
};

const minusReciprocal = <I, V, W>(nn: Nn<I, V, W>, v: V): V => nn.times(nn.reciprocal(v), -1);

/** The t at which ∫β = B: the root of (βmax − βmin)/2·t² + βmin·t = B, in the form that does not cancel. */
function timeOf<I, V, W>(nn: Nn<I, V, W>, total: V, { betaMin, betaMax }: BetaRange): V {
  const square = nn.plus(nn.times(total, 2 * (betaMax - betaMin)), betaMin ** 2);
  const root = nn.times(square, nn.rsqrt(square));
  return nn.times(nn.times(total, 2), nn.reciprocal(nn.plus(root, betaMin)));
}

function levelsOf({ sigmas }: NoiseModel): readonly number[] {
  if (sigmas === undefined) throw new TypeError("the model lacks its levels (sigmas)");
  return sigmas;
}

function betasOf({ betas }: NoiseModel): BetaRange {
  if (betas === undefined) throw new TypeError("the model lacks the betas of its process");
  return betas;
}

/** The parameterizations by name. */
export const parameterizations = {
  raw,
  ncsn,
  ncsnv2,
  edm,
  ve,
  ddpm,
  vp,
  "sub-vp": subVp,
} as const satisfies Record<string, Parameterization>;
/** A key of {@link parameterizations}. */
export type ParameterizationName = keyof typeof parameterizations;

/** Everything beside the parameters that makes a score function: plain data, written into checkpoints and cards. */
export interface ScoreModel {
  /** With every option of the network: what a release's defaults are must not change a trained model. */
  readonly network: { readonly name: NetworkName; readonly options: object };
  readonly parameterization: ParameterizationName;
  readonly sigmaData: number;
  /** The levels that it is trained on, decreasing, where they are discrete or its network wants their number. */
  readonly sigmas?: readonly number[];
  /** β(t) of its noise process, where it has one (`vp`, `sub-vp`). */
  readonly betas?: BetaRange;
}

/** The number of classes whose labels a model takes, by its network's option `classes`; 0 for a model without labels. */
export function classCount({ network }: Pick<ScoreModel, "network">): number {
  const { classes = 0 } = network.options as { readonly classes?: number };
  return classes;
}

/**
 * The number of levels that a model's network tells apart, by its option `levels`; 0 where it takes the noise as a
 * number. Such a network gets the index of the nearest of the model's levels, whatever the parameterization.
 */
export function levelCount({ network }: Pick<ScoreModel, "network">): number {
  const { levels = 0 } = network.options as { readonly levels?: number };
  return levels;
}

/**
 * The score of a model, in any interpreter.
 * @param x noisy data [N, C, H, W] in model units
 * @param sigma noise levels [N, 1] in model units, > 0
 * @param label class numbers [N, 1], −1 for none
 * @returns ∇ₓ log p_σ(x), of x's shape
 */
export function applyScore<I, V, W>(nn: Nn<I, V, W>, model: ScoreModel, x: I, sigma: V, label?: V): I {
  const network: Network = networks[model.network.name];
  const { skip, output, input, noise } = parameterizations[model.parameterization].coefficients(
    nn,
    sigma,
    model,
  );
  const raw = network.apply(
    nn,
    input === undefined ? x : nn.scale(x, input),
    levelCount(model) > 0 ? nn.nearest(sigma, levelsOf(model)) : noise,
    model.network.options,
    label,
  );
  const scaled = output === undefined ? raw : nn.scale(raw, output);
  return skip === undefined ? scaled : nn.add(nn.scale(x, skip), scaled);
}
