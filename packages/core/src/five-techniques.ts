/**
 * The five techniques of NCSNv2 (Song & Ermon, "Improved techniques for training score-based generative models", 2020)
 * as numbers: σ₁ from the data, the levels from their dimension, steps and step size from the theory of the chain.
 */
import { ncsnv2 } from "./recipes/ncsnv2.ts";
import type { Recipe } from "./recipes/recipe.ts";
import { bestEpsilon, varianceRatio } from "./samplers/annealed-langevin.ts";
import { geometric } from "./schedules.ts";

/** What the techniques come to for some data, model units. */
export interface FiveTechniques {
  /** Technique 1: σ₁, the largest distance between two items; σ_L is chosen small. */
  readonly sigmaRange: readonly [sigmaMin: number, sigmaMax: number];
  /** Technique 2: the number of levels L, and their ratio γ = (σ₁/σ_L)^(1/(L − 1)). */
  readonly levels: number;
  readonly gamma: number;
  /** Technique 4: Langevin steps per level, the step at the last one, and the variance it leaves, over what it should be. */
  readonly stepsPerLevel: number;
  readonly epsilon: number;
  readonly varianceRatio: number;
  /** Technique 5. */
  readonly emaDecay: number;
}

/**
 * The overlap of neighbouring levels that Technique 2 asks for. The paper writes ≈ 0.5; its four published tables (L =
 * 232, 500, 1086 and 2311) are those of this number, and 0.5 itself would give a twentieth fewer levels.
 */
const overlapWanted = 0.567;
/** NCSN's own ratio, 100^(1/9): in few dimensions any two levels overlap, and Technique 2 would ask for one step. */
const largestGamma = 100 ** (1 / 9);
/** The variance ratio that the paper's choices leave on CIFAR-10, and the steps it took: 3 at least; NCSN took 100. */
const ratioWanted = 1.056;
const [fewestSteps, mostSteps] = [3, 100];

/**
 * The techniques for data of a dimension and size.
 * @param distance the largest between two items, model units; see {@link largestDistance}
 * @param sigmaMin the last level: noise that cannot be seen
 * @throws RangeError unless distance > sigmaMin
 */
export function fiveTechniques({
  distance,
  dimension,
  sigmaMin = ncsnv2.sigmaRange[0],
}: {
  readonly distance: number;
  readonly dimension: number;
  readonly sigmaMin?: number;
}): FiveTechniques {
  if (!(distance > sigmaMin && Number.isFinite(distance)))
    throw new RangeError(`invalid distance: ${distance} (need a finite number > ${sigmaMin})`);
  const span = Math.log(distance / sigmaMin);
  const levels = 1 + Math.max(1, Math.floor(span / Math.log(largestRatio(dimension))));
  const gamma = Math.exp(span / (levels - 1));
  const sigmas = geometric(levels, { sigmaMin, sigmaMax: distance });
  const left = (steps: number) => varianceRatio(bestEpsilon(sigmas, steps) / sigmaMin ** 2, gamma, steps);
  let stepsPerLevel = fewestSteps;
  while (stepsPerLevel < mostSteps && left(stepsPerLevel) > ratioWanted) stepsPerLevel++;
  return {
    sigmaRange: [sigmaMin, distance],
    levels,
    gamma,
    stepsPerLevel,
    epsilon: bestEpsilon(sigmas, stepsPerLevel),
    varianceRatio: left(stepsPerLevel),
    emaDecay: ncsnv2.optimiser.emaDecay,
  };
}

/** A recipe with the techniques in it; its parameterization F/σ is Technique 3. */
export function withTechniques(recipe: Recipe, techniques: FiveTechniques): Recipe {
  const { sigmaRange, levels, stepsPerLevel, epsilon, emaDecay } = techniques;
  return {
    ...recipe,
    sigmaRange,
    levels: { name: "geometric", count: levels },
    parameterization: "ncsnv2",
    optimiser: { ...recipe.optimiser, emaDecay },
    sampler: {
      name: "annealed-langevin",
      steps: levels,
      options: { stepsPerLevel, epsilon, denoise: true },
    },
  };
}

/**
 * Which share of the images of one level lies, by their distance from the data, where those of the level above do: that
 * distance is about N(√D·σ, σ²/2), and three deviations on either side count (Technique 2).
 * @param gamma ratio of the two levels, > 1
 */
export function levelOverlap(dimension: number, gamma: number): number {
  const middle = Math.sqrt(2 * dimension) * (gamma - 1);
  return normalProbability(middle - 3 * gamma, middle + 3 * gamma);
}

/** The ratio at which levels overlap as wanted, by bisection: the overlap falls as the ratio grows. */
function largestRatio(dimension: number): number {
  if (levelOverlap(dimension, largestGamma) > overlapWanted) return largestGamma;
  let [low, high] = [1, largestGamma];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (levelOverlap(dimension, middle) > overlapWanted) low = middle;
    else high = middle;
  }
  return low;
}

/** Φ(to) − Φ(from) by Simpson's rule on the density, to 1e-9. */
function normalProbability(from: number, to: number): number {
  const [low, high] = [Math.max(from, -9), Math.min(to, 9)];
  if (!(low < high)) return 0;
  const intervals = 400;
  const h = (high - low) / intervals;
  let sum = 0;
  for (let i = 0; i <= intervals; i++) {
    const weight = i === 0 || i === intervals ? 1 : i % 2 === 1 ? 4 : 2;
    sum += weight * Math.exp(-((low + i * h) ** 2) / 2);
  }
  return (sum * h) / (3 * Math.sqrt(2 * Math.PI));
}

/** Items whose every distance is computed in about a second: at most 2,000, fewer where they are large. */
export function distanceSampleSize(size: number, dimension: number): number {
  const multiplyAdds = 6e8;
  const affordable = Math.floor(Math.sqrt((2 * multiplyAdds) / dimension));
  return Math.min(size, 2000, Math.max(2, affordable));
}

/** The largest Euclidean distance between two of count × dimension values, every pair of them compared. */
export function largestDistance(items: Float32Array, dimension: number): number {
  let largest = 0;
  for (let a = 0; a < items.length; a += dimension)
    for (let b = a + dimension; b < items.length; b += dimension) {
      let sum = 0;
      for (let i = 0; i < dimension; i++) {
        const difference = items[a + i] - items[b + i];
        sum += difference * difference;
      }
      if (sum > largest) largest = sum;
    }
  return Math.sqrt(largest);
}
