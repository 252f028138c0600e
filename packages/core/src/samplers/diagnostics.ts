/**
 * How Langevin dynamics fares against theory, from the norms of what a step adds up. At data that lie close together, seen
 * through noise of level σ, the score of x is (data − x)/σ², and so
 *
 *   σ²·‖score‖²/D = v/σ²,   where v is the variance that x has around the data:
 *
 * 1 where x has just the noise of its level. Its theory is the recursion behind Proposition 3 of Song & Ermon 2020,
 * v ← (1 − α/σ²)²·v + 2α from v = σ₁² on, carried through all levels. The signal-to-noise ratio of a step is
 * ‖α·score‖/‖√(2α)·z‖ (Song & Ermon 2019, section 4.3), √(α·v/2)/σ² in theory: the same at every level whose α is in
 * proportion to σ².
 */
import type { Space } from "../space.ts";
import { show } from "./show.ts";

/** A Langevin step against theory; numbers that were measured are one per image. */
export interface Diagnostics {
  /** The level that the step was taken at, model units. */
  readonly sigma: number;
  /** α/σ²: the step in units of the level's variance. */
  readonly eta: number;
  /** Variance of x around the data before the step, over σ². */
  readonly varianceRatio: Float64Array;
  /** Size of the step's drift over that of its noise. */
  readonly signalToNoise: Float64Array;
  /** 1 where the step was accepted and 0 where not, of a sampler that asks. */
  readonly accepted?: Float64Array;
  readonly theory: { readonly varianceRatio: number; readonly signalToNoise: number };
}

/** A step that is about to be taken. */
interface LangevinStep<V> {
  readonly score: V;
  readonly z: V;
  readonly sigma: number;
  readonly alpha: number;
  /** v by theory. */
  readonly variance: number;
}

/** Measures a step: two read-backs. */
export async function langevinDiagnostics<V>(
  space: Space<V>,
  { score, z, sigma, alpha, variance }: LangevinStep<V>,
): Promise<Diagnostics> {
  const [drift, noise] = await Promise.all([space.dot(score, score), space.dot(z, z)]);
  return {
    sigma,
    eta: alpha / sigma ** 2,
    varianceRatio: drift.map((square) => (sigma ** 2 * square) / space.dimension),
    signalToNoise: drift.map((square, image) => Math.sqrt((alpha * square) / (2 * noise[image]))),
    theory: {
      varianceRatio: variance / sigma ** 2,
      signalToNoise: Math.sqrt((alpha * variance) / 2) / sigma ** 2,
    },
  };
}

/** v after a step, by theory. */
export const varianceAfter = (variance: number, sigma: number, alpha: number): number =>
  (1 - alpha / sigma ** 2) ** 2 * variance + 2 * alpha;

/** A level as the steps on it were: means over the images. */
export interface LevelDiagnosis {
  readonly sigma: number;
  readonly eta: number;
  /** At the last step of the level, over σ². */
  readonly varianceRatio: number;
  readonly signalToNoise: number;
  readonly theory: Diagnostics["theory"];
  /** Share of accepted steps, where steps are asked about. */
  readonly accepted?: number;
}

/** The steps of a run, level by level. */
export function diagnoseLevels(steps: readonly Diagnostics[]): LevelDiagnosis[] {
  const levels = new Map<number, Diagnostics[]>();
  for (const step of steps) {
    const level = levels.get(step.sigma);
    if (level === undefined) levels.set(step.sigma, [step]);
    else level.push(step);
  }
  return [...levels].map(([sigma, of]) => {
    const last = of[of.length - 1];
    const accepted = of.flatMap((step) => (step.accepted ? [mean(step.accepted)] : []));
    return {
      sigma,
      eta: last.eta,
      varianceRatio: mean(last.varianceRatio),
      signalToNoise: mean(last.signalToNoise),
      theory: last.theory,
      ...(accepted.length > 0 && { accepted: mean(accepted) }),
    };
  });
}

/** A variance ratio that is too high by less is not worth a word: before a step it is never quite 1. */
const tolerable = 1.5;
/** Shares of accepted steps beyond which a step is clearly too large or too small; the best is 0.57. */
const [fewest, most] = [0.3, 0.9];

/** What the levels say about the step size, a sentence each; nothing where it is right. */
export function langevinAdvice(levels: readonly LevelDiagnosis[]): string[] {
  const [worst] = [...levels].sort((a, b) => b.varianceRatio - a.varianceRatio);
  if (worst === undefined) return [];
  const { sigma, eta, varianceRatio, theory, accepted } = worst;
  const at = `at sigma ${show(sigma)}`;
  if (accepted !== undefined) {
    const share = `${(100 * accepted).toFixed(0)} % of the steps are accepted ${at}`;
    if (accepted < fewest) return [`the step is too large: ${share} (57 % is best)`];
    return accepted > most ? [`the step is too small: ${share} (57 % is best)`] : [];
  }
  // Variance that its own noise alone leaves, however long it runs; more than that is left from the level before.
  const floor = eta < 2 ? 2 / (2 - eta) : Infinity;
  if (varianceRatio <= tolerable) return [];
  const has = `${at} x has ${show(varianceRatio)} times the variance of the level`;
  if (floor === Infinity) return [`the step is too large: ${has}, and grows from alpha = 2*sigma^2 on`];
  if (floor > tolerable && theory.varianceRatio < tolerable * floor)
    return [`the step is too large: ${has}, and its noise alone leaves ${show(floor)} times`];
  if (theory.varianceRatio > tolerable)
    return [
      `the step is too small: ${has}, left from the level before; take larger steps, more of them, or more levels`,
    ];
  return [
    `the step is too large: ${has} where theory says ${show(theory.varianceRatio)}, so the score is steeper than it expects`,
  ];
}

const mean = (values: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
};
