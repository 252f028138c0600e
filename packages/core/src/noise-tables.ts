/**
 * Tables of discrete noise levels, decreasing, model units: what NCSN counts its levels by, and DDPM its time.
 *
 * DDPM's x_t = √ᾱ_t·data + √(1 − ᾱ_t)·z with ᾱ_t = ∏(1 − β_s) is √ᾱ_t·(data + σ_t·z) with σ_t = √((1 − ᾱ_t)/ᾱ_t): its
 * β make a table of σ like any other.
 */
import { geometric } from "./level-spacing.ts";

/** A table as its paper describes it. */
export type NoiseTable =
  /** A geometric progression over the range of σ (Song & Ermon 2019). */
  | { readonly name: "geometric"; readonly count: number }
  /** β rises linearly from `first` to `last` (Ho et al. 2020). */
  | { readonly name: "linear-betas"; readonly count: number; readonly first: number; readonly last: number }
  /** ᾱ_t ∝ cos²((t/T + s)/(1 + s)·π/2), s the `offset`, with β ≤ `largest` (Nichol & Dhariwal 2021, equation 17). */
  | {
      readonly name: "cosine-betas";
      readonly count: number;
      readonly offset: number;
      readonly largest: number;
    };

/** DDPM's 1,000 steps (Ho et al. 2020). */
export const ddpmTable = { name: "linear-betas", count: 1000, first: 1e-4, last: 0.02 } as const;

/** The cosine schedule's (Nichol & Dhariwal 2021). */
export const cosineTable = { name: "cosine-betas", count: 1000, offset: 0.008, largest: 0.999 } as const;

/**
 * The levels of a table.
 * @param range of a geometric one; tables of β have their own
 */
export function tableSigmas(
  table: NoiseTable,
  range: readonly [sigmaMin: number, sigmaMax: number],
): number[] {
  switch (table.name) {
    case "geometric":
      return [...geometric(table.count, { sigmaMin: range[0], sigmaMax: range[1] })];
    case "linear-betas": {
      const { count, first, last } = table;
      return sigmasOfBetas((t) => first + ((last - first) * (t - 1)) / (count - 1), count);
    }
    case "cosine-betas": {
      const { count, offset, largest } = table;
      const alphaBar = (t: number) => Math.cos((((t / count + offset) / (1 + offset)) * Math.PI) / 2) ** 2;
      return sigmasOfBetas((t) => Math.min(largest, 1 - alphaBar(t) / alphaBar(t - 1)), count);
    }
    default:
      return table satisfies never;
  }
}

/** The ends of a table of β, as a range of σ. */
export function tableRange(
  table: Exclude<NoiseTable, { readonly name: "geometric" }>,
): readonly [sigmaMin: number, sigmaMax: number] {
  const sigmas = tableSigmas(table, [1, 1]);
  return [sigmas[sigmas.length - 1], sigmas[0]];
}

/** σ_t for t = count … 1, with 1/ᾱ_t kept as its logarithm: 1 − ᾱ would cancel at the first steps. */
function sigmasOfBetas(beta: (t: number) => number, count: number): number[] {
  let log = 0;
  return Array.from({ length: count }, (_, i) => {
    log -= Math.log1p(-beta(i + 1));
    return Math.sqrt(Math.expm1(log));
  }).toReversed();
}
