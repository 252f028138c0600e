/** Mixtures of isotropic Gaussians: data with separate modes whose smoothed score is exact at every σ. */
import { fillNormals, split, uniforms, type Key } from "../rng.ts";
import type { Dataset, ProceduralDataset } from "./dataset.ts";

/** One Gaussian of a mixture: N(mean, deviation²·I), drawn in proportion to `weight`. */
export interface Component {
  readonly weight: number;
  readonly mean: readonly number[];
  readonly deviation: number;
}

/**
 * Points of Σₖ wₖ N(μₖ, sₖ²I); the class of a point is its component.
 * @param components of one dimension, weights > 0 in any units, deviations ≥ 0
 */
export function gaussianMixture(components: readonly Component[]): ProceduralDataset {
  const dimension = components[0]?.mean.length ?? 0;
  if (dimension === 0)
    throw new RangeError("invalid mixture: no components (need at least one, with a mean)");
  for (const { weight, mean, deviation } of components) {
    if (!(weight > 0)) throw new RangeError(`invalid weight: ${weight} (need a number > 0)`);
    if (!(deviation >= 0)) throw new RangeError(`invalid deviation: ${deviation} (need a number >= 0)`);
    if (mean.length !== dimension) {
      throw new RangeError(`invalid mean: ${mean.length} numbers (need ${dimension}, as the first has)`);
    }
  }
  const total = components.reduce((sum, { weight }) => sum + weight, 0);
  return (from: Key): Dataset => ({
    name: "mixture",
    shape: [dimension, 1, 1],
    size: Infinity,
    pixels: false,
    classes: components.map((_, k) => String(k)),
    read(index, out, offset) {
      const item = split(from, index);
      let rest = total * uniforms(split(item, 0), 1)[0];
      let k = 0;
      while (k < components.length - 1 && rest >= components[k].weight) rest -= components[k++].weight;
      const { mean, deviation } = components[k];
      fillNormals(split(item, 1), out, offset, dimension);
      for (let i = 0; i < dimension; i++) out[offset + i] = mean[i] + deviation * out[offset + i];
      return k;
    },
    score: (x, sigma) => mixtureScore(components, dimension, x, sigma),
  });
}

/** Σₖ rₖ (μₖ − x)/vₖ with vₖ = sₖ² + σ² and responsibilities r ∝ wₖ N(x; μₖ, vₖI), normalised from their logarithms. */
function mixtureScore(
  components: readonly Component[],
  dimension: number,
  x: Float64Array,
  sigma: number,
): Float64Array {
  const score = new Float64Array(x.length);
  const variances = components.map(({ deviation }) => deviation ** 2 + sigma ** 2);
  const logs = new Float64Array(components.length);
  for (let at = 0; at < x.length; at += dimension) {
    components.forEach(({ weight, mean }, k) => {
      let squared = 0;
      for (let i = 0; i < dimension; i++) squared += (x[at + i] - mean[i]) ** 2;
      logs[k] = Math.log(weight) - (dimension / 2) * Math.log(variances[k]) - squared / (2 * variances[k]);
    });
    const largest = logs.reduce((a, b) => Math.max(a, b));
    const sum = logs.reduce((a, b) => a + Math.exp(b - largest), 0);
    components.forEach(({ mean }, k) => {
      const factor = Math.exp(logs[k] - largest) / sum / variances[k];
      for (let i = 0; i < dimension; i++) score[at + i] += factor * (mean[i] - x[at + i]);
    });
  }
  return score;
}

/**
 * The data set `mixture`: points [2, 1, 1] of ⅘ N((5, 5), I) + ⅕ N((−5, −5), I), the example by which Song and Ermon,
 * "Generative modeling by estimating gradients of the data distribution" (2019), show that Langevin dynamics without
 * annealing gets the weights wrong.
 */
export const mixture = gaussianMixture([
  { weight: 0.8, mean: [5, 5], deviation: 1 },
  { weight: 0.2, mean: [-5, -5], deviation: 1 },
]);
