import { key, purposes, split } from "./rng.ts";
import { hostSpace, type Space } from "./space.ts";

/** A density of one's own, by its score, its energy or both; it need not be normalised. */
export interface Density {
  /** ∇ₓ log p_σ at one point; a density that knows no noise leaves σ alone. Without it the energy is differentiated. */
  readonly score?: (x: Float64Array, sigma: number) => ArrayLike<number>;
  /** −log p(x) up to a constant, of one point. */
  readonly energy?: (x: Float64Array) => number;
}

/** What a {@link densitySpace} is of. */
export interface DensitySpaceOptions extends Density {
  /** Chains. */
  readonly count: number;
  /** Values of a point. */
  readonly dimension: number;
  /** 0 unless told. */
  readonly seed?: number;
}

/**
 * A space in which samplers run on a density of one's own instead of a model's: `langevin` and `mala` on any, the others
 * where the score depends on σ. An energy without score is differentiated by central differences, 2 × dimension
 * energies for a score.
 * @throws TypeError without score and energy
 */
export function densitySpace({
  count,
  dimension,
  seed = 0,
  score,
  energy,
}: DensitySpaceOptions): Space<Float32Array> {
  const scoreOf = score ?? (energy && differentiated(energy));
  if (scoreOf === undefined) throw new TypeError("a density needs a score or an energy");
  const point = (x: Float32Array, chain: number) =>
    Float64Array.from(x.subarray(chain * dimension, (chain + 1) * dimension));
  return hostSpace({
    count,
    dimension,
    key: split(key(seed), purposes.sampling),
    score: async (x, sigma, out) => {
      for (let chain = 0; chain < count; chain++)
        out.set(
          scoreOf(point(x, chain), typeof sigma === "number" ? sigma : sigma[chain]),
          chain * dimension,
        );
    },
    ...(energy && {
      energy: (x) =>
        Promise.resolve(Float64Array.from({ length: count }, (_, chain) => energy(point(x, chain)))),
    }),
  });
}

/** −∇E by central differences, whose step balances their error against rounding. */
function differentiated(energy: (x: Float64Array) => number): (x: Float64Array) => Float64Array {
  return (x) =>
    x.map((value, i) => {
      const h = Math.cbrt(Number.EPSILON) * Math.max(1, Math.abs(value));
      const [above, below] = [x.slice(), x.slice()];
      above[i] += h;
      below[i] -= h;
      return (energy(below) - energy(above)) / (above[i] - below[i]);
    });
}
