import type { PerImage, Space } from "../space.ts";
import { consume } from "./consume.ts";
import { langevinDiagnostics, varianceAfter, type Diagnostics } from "./diagnostics.ts";
import { show } from "./show.ts";

/** The terms of Langevin's step x + α·score + √(2α)·z. */
export function langevinTerms<V>(
  x: V,
  score: V,
  z: V,
  alpha: PerImage,
): (readonly [coefficient: PerImage, value: V])[] {
  const noise = typeof alpha === "number" ? Math.sqrt(2 * alpha) : alpha.map((a) => Math.sqrt(2 * a));
  return [
    [1, x],
    [alpha, score],
    [noise, z],
  ];
}

/** What a step of a chain at one level needs to know. */
export interface ChainStep {
  /** The level, model units. */
  readonly sigma: number;
  readonly alpha: number;
  /** The number of its noise. */
  readonly draw: number;
  /** Variance of x around the data by theory, before the step. */
  readonly variance: number;
  /** Measure the step, too. */
  readonly diagnose?: boolean;
}

/** A step of Langevin dynamics: takes x, and gives the next one with its variance by theory. */
export async function langevinStep<V>(
  space: Space<V>,
  x: V,
  { sigma, alpha, draw, variance, diagnose }: ChainStep,
): Promise<{ readonly x: V; readonly variance: number; readonly diagnostics?: Diagnostics }> {
  const score = await space.score(x, sigma);
  const z = space.noise(draw);
  const diagnostics = diagnose && (await langevinDiagnostics(space, { score, z, sigma, alpha, variance }));
  return {
    x: consume(space, langevinTerms(x, score, z, alpha)),
    variance: varianceAfter(variance, sigma, alpha),
    ...(diagnostics && { diagnostics }),
  };
}

/** The denoising step x + σ²·score(x, σ), Tweedie's mean of the data: takes x. */
export async function denoised<V>(space: Space<V>, x: V, sigma: number): Promise<V> {
  const score = await space.score(x, sigma);
  return consume(space, [
    [1, x],
    [sigma ** 2, score],
  ]);
}

/** Advice on a chain at the last level alone: it should begin where that level's score has seen x. */
export function startAdvice(sigmas: Float64Array): string[] {
  const [first, last] = [sigmas[0], sigmas.findLast((sigma) => sigma > 0) ?? NaN];
  return first > 3 * last
    ? [
        `x starts at sigma ${show(first)} and the score is asked at ${show(last)} alone, where it has not seen such x ` +
          `(need sigmaMax near sigmaMin, or annealed-langevin)`,
      ]
    : [];
}
