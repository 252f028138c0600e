/**
 * Metropolis-adjusted Langevin dynamics at one noise level (Roberts & Tweedie 1996): Langevin's step
 * y = x + α·score(x) + √(2α)·z is a proposal, which each image accepts with probability
 *
 *   min(1, p(y)·q(x | y) / (p(x)·q(y | x))),   q(y | x) = N(y; x + α·score(x), 2α),
 *
 * and stays where it is otherwise. So it leaves x with exactly the density p, whatever α; p need not be normalised. A step
 * for each level of the schedule, all at its last σ above 0.
 *
 * ln p(y) − ln p(x) comes from the space's energy, or from scores alone: it is the integral of the score along the straight
 * line from x to y, by Simpson's rule with one evaluation more in the middle. That is exact for Gaussians and of the fifth
 * order in |y − x| otherwise. A network's score is no exact gradient, and then the line is what stands for its density.
 */
import type { Space } from "../space.ts";
import { consume } from "./consume.ts";
import { langevinDiagnostics } from "./diagnostics.ts";
import { langevinTerms, startAdvice } from "./langevin-step.ts";
import { diagnoseRule, type Sampler } from "./sampler.ts";

export interface MalaOptions {
  /** Step size, model units; without it 1.36·σ²/D^⅓ for images of D values. */
  readonly alpha?: number;
  /** Where differences of ln p come from: `scores` along the line, or the space's `energy`. */
  readonly density: "scores" | "energy";
  /** Measure each step against theory, and say which were accepted. */
  readonly diagnose?: boolean;
}

/** Scores: of the start, of each proposal, and in the middle of each line. */
function evaluations(steps: number, { density }: Pick<MalaOptions, "density">): number {
  return 1 + steps * (density === "scores" ? 2 : 1);
}

export const mala: Sampler<MalaOptions> = {
  summary: "Metropolis-adjusted Langevin at the lowest level alone (Roberts & Tweedie 1996)",
  schedule: "geometric",
  steps: 1000,
  defaults: { density: "scores" },
  options: {
    alpha: {
      kind: "number",
      above: 0,
      about: "step size; without it 1.36*sigma^2/D^(1/3) (Roberts & Rosenthal 1998)",
    },
    density: {
      kind: "choice",
      choices: ["scores", "energy"],
      about: "what acceptance compares: scores along the line, or the density's own energy",
    },
    diagnose: diagnoseRule,
  },
  evaluations,
  advice: startAdvice,
  async *run(space, x, sigmas, { alpha: given, density, diagnose }) {
    if (density === "energy" && space.energy === undefined)
      throw new TypeError("mala is to compare energies, and the space has none (need density scores)");
    const levels = sigmas.filter((sigma) => sigma > 0);
    const [total, sigma] = [levels.length, levels[levels.length - 1]];
    const alpha = given ?? (optimalSquare / 2) * sigma ** 2 * space.dimension ** (-1 / 3);
    let here = await place(space, x, sigma, density);
    for (let index = 0; index < total; index++) {
      const z = space.noise(2 * index + 1);
      const step = { score: here.score, z, sigma, alpha, variance: sigma ** 2 };
      const diagnostics = diagnose && (await langevinDiagnostics(space, step));
      const proposal = space.combine(langevinTerms(here.x, here.score, z, alpha));
      space.release(z);
      const there = await place(space, proposal, sigma, density);
      const ratio = await logRatio(space, here, there, alpha, density === "scores" ? sigma : undefined);
      const accepted = space.uniform(2 * index + 2).map((u, image) => (u < Math.exp(ratio[image]) ? 1 : 0));
      here = choose(space, accepted, there, here);
      yield {
        index,
        total,
        sigma,
        evaluations: evaluations(index + 1, { density }),
        x: here.x,
        ...(diagnostics && { diagnostics: { ...diagnostics, accepted } }),
      };
    }
    space.release(here.score);
    return here.x;
  },
};

/** 1.65², the squared length of proposals in units of D^(−1/6) at which MALA moves fastest (Roberts & Rosenthal 1998). */
const optimalSquare = 1.65 ** 2;

/** A state of the chains with what acceptance needs to know of it; numbers are per image. */
interface Place<V> {
  readonly x: V;
  readonly score: V;
  /** ‖score‖². */
  readonly square: Float64Array;
  /** −ln p up to a constant; 0 where scores stand for it. */
  readonly energy: Float64Array;
}

async function place<V>(
  space: Space<V>,
  x: V,
  sigma: number,
  density: MalaOptions["density"],
): Promise<Place<V>> {
  const score = await space.score(x, sigma);
  const square = await space.dot(score, score);
  const energy = density === "energy" ? await space.energy?.(x) : undefined;
  return { x, score, square, energy: energy ?? new Float64Array(space.count) };
}

/**
 * The logarithm of the acceptance ratio. With d = y − x, ln q(x | y) − ln q(y | x) = −½·⟨d, s + s′⟩ − ¼·α·(‖s′‖² − ‖s‖²),
 * and Simpson's rule for ln p(y) − ln p(x) is ⟨d, s + 4·s(middle) + s′⟩/6.
 * @param sigma of the score in the middle; none where the energies are compared
 */
async function logRatio<V>(
  space: Space<V>,
  from: Place<V>,
  to: Place<V>,
  alpha: number,
  sigma: number | undefined,
): Promise<Float64Array> {
  const d = space.combine([
    [1, to.x],
    [-1, from.x],
  ]);
  const ends = sigma === undefined ? -1 / 2 : 1 / 6 - 1 / 2;
  let slope = space.combine([
    [ends, from.score],
    [ends, to.score],
  ]);
  if (sigma !== undefined) {
    const middle = space.combine([
      [1 / 2, from.x],
      [1 / 2, to.x],
    ]);
    const score = await space.score(middle, sigma);
    space.release(middle);
    slope = consume(space, [
      [1, slope],
      [4 / 6, score],
    ]);
  }
  const along = await space.dot(d, slope);
  space.release(d, slope);
  return along.map(
    (value, i) => value + from.energy[i] - to.energy[i] - (alpha / 4) * (to.square[i] - from.square[i]),
  );
}

/** `there` for the images of 1, `here` for those of 0. */
function choose<V>(space: Space<V>, accepted: Float64Array, there: Place<V>, here: Place<V>): Place<V> {
  const rejected = accepted.map((value) => 1 - value);
  const values = (a: V, b: V): V =>
    consume(space, [
      [accepted, a],
      [rejected, b],
    ]);
  const numbers = (a: Float64Array, b: Float64Array) =>
    a.map((value, i) => (accepted[i] === 1 ? value : b[i]));
  return {
    x: values(there.x, here.x),
    score: values(there.score, here.score),
    square: numbers(there.square, here.square),
    energy: numbers(there.energy, here.energy),
  };
}
