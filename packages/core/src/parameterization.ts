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

/** Functions of σ [N, 1]; an absent skip is 0, an absent input or output is 1. */
export interface Coefficients<Vector> {
  readonly skip?: Vector;
  readonly output?: Vector;
  readonly input?: Vector;
  readonly noise: Vector;
}

/** The coefficients of a parameterization as functions of σ, in any interpreter. */
export interface Parameterization {
  coefficients<I, V, W>(nn: Nn<I, V, W>, sigma: V, sigmaData: number): Coefficients<V>;
}

/** The network is the score (the tutorial; NCSN 2019). */
const raw: Parameterization = {
  coefficients: (_, sigma) => ({ noise: sigma }),
};

/** score = F(x)/σ for a network that need not look at σ (NCSNv2: Song & Ermon 2020, Technique 3). */
const ncsnv2: Parameterization = {
  coefficients: (nn, sigma) => ({ output: nn.reciprocal(sigma), noise: sigma }),
};

/**
 * EDM's preconditioning (Karras et al. 2022, table 1), with score = (D − x)/σ² worked out:
 * skip −1/(σ² + σd²), output σd/(σ√(σ² + σd²)), input 1/√(σ² + σd²), noise ln(σ)/4.
 */
const edm: Parameterization = {
  coefficients: (nn, sigma, sigmaData) => {
    const input = nn.rsqrt(nn.plus(nn.times(sigma, sigma), sigmaData ** 2));
    return {
      skip: nn.times(nn.times(input, input), -1),
      output: nn.times(nn.times(input, nn.reciprocal(sigma)), sigmaData),
      input,
      noise: nn.times(nn.log(sigma), 1 / 4),
    };
  },
};

/** The parameterizations by name. */
export const parameterizations = { raw, ncsnv2, edm } as const satisfies Record<string, Parameterization>;
/** A key of {@link parameterizations}. */
export type ParameterizationName = keyof typeof parameterizations;

/** Everything beside the parameters that makes a score function: plain data, written into checkpoints and cards. */
export interface ScoreModel {
  /** With every option of the network: what a release's defaults are must not change a trained model. */
  readonly network: { readonly name: NetworkName; readonly options: object };
  readonly parameterization: ParameterizationName;
  readonly sigmaData: number;
}

/** The number of classes whose labels a model takes, by its network's option `classes`; 0 for a model without labels. */
export function classCount({ network }: Pick<ScoreModel, "network">): number {
  const { classes = 0 } = network.options as { readonly classes?: number };
  return classes;
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
    model.sigmaData,
  );
  const raw = network.apply(
    nn,
    input === undefined ? x : nn.scale(x, input),
    noise,
    model.network.options,
    label,
  );
  const scaled = output === undefined ? raw : nn.scale(raw, output);
  return skip === undefined ? scaled : nn.add(nn.scale(x, skip), scaled);
}
