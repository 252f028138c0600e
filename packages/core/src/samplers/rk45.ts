/**
 * The probability-flow ODE by the adaptive method of Dormand & Prince 1980, of order 5 with an error estimate of order 4,
 * as Song et al. 2021, section 4.3, use it. In u = −ln σ it is dx/du = σ²·score(x, σ), which is gentle at both ends.
 *
 * Every image has its own u, step and acceptance: its estimate is ‖error‖ against √D·atol + rtol·max(‖x‖, ‖x′‖), the norms
 * of that image alone, so it is the same in every batch. One that has arrived waits, and is still evaluated with the
 * others. Of a schedule only its ends count. The score at the lowest level, which the last step has already asked for,
 * takes x down to 0.
 */
import type { PerImage, Space } from "../space.ts";
import { consume } from "./consume.ts";
import type { Sampler } from "./sampler.ts";

export interface Rk45Options {
  /** Error of a step that is allowed, relative to the image's norm. */
  readonly rtol: number;
  /** And absolutely: the root mean square over its values, model units. */
  readonly atol: number;
  /** Score evaluations after which it gives up: tolerances finer than float32 take steps without end. */
  readonly maxEvaluations: number;
}

export const rk45: Sampler<Rk45Options> = {
  summary: "probability-flow ODE, adaptive Dormand-Prince (Song et al. 2021, section 4.3)",
  schedule: "karras",
  steps: 2,
  defaults: { rtol: 1e-5, atol: 1e-5, maxEvaluations: 10_000 },
  options: {
    rtol: {
      kind: "number",
      above: 0,
      about: "error of a step that is allowed, relative to the image's norm",
    },
    atol: { kind: "number", above: 0, about: "error of a step that is allowed, root mean square" },
    maxEvaluations: { kind: "integer", least: 1, about: "score evaluations after which it gives up" },
  },
  evaluations: () => undefined,
  advice: (sigmas) =>
    sigmas.length > 3 ? ["rk45 finds its own steps: of these levels only the first and the last count"] : [],
  async *run(space, x, sigmas, { rtol, atol, maxEvaluations }) {
    const [first, last] = [sigmas[0], sigmas.findLast((sigma) => sigma > 0) ?? NaN];
    const end = Math.log(first / last);
    const u = new Float64Array(space.count);
    const h = new Float64Array(space.count).fill(firstStep);
    let score: typeof x = await space.score(x, first);
    const square = await space.dot(x, x);
    let evaluations = 1;
    let index = 0;
    for (; u.some((value) => value < end); index++) {
      if (evaluations + stagesPerTry > maxEvaluations)
        throw new Error(
          `rk45 is at sigma ${first * Math.exp(-Math.min(...u))} after ${evaluations} evaluations ` +
            `(need larger rtol or atol, or maxEvaluations > ${maxEvaluations})`,
        );
      const to = u.map((value, i) => Math.min(value + h[i], end));
      const step = await dormandPrince(space, x, score, u, to, (value) =>
        value === end ? last : first * Math.exp(-value),
      );
      evaluations += stagesPerTry;
      const moved = await space.dot(step.x, step.x);
      const error = await space.dot(step.error, step.error);
      const accepted = new Float64Array(space.count);
      for (let i = 0; i < space.count; i++) {
        if (u[i] === end) continue;
        const allowed = atol * Math.sqrt(space.dimension) + rtol * Math.sqrt(Math.max(square[i], moved[i]));
        const excess = Math.sqrt(error[i]) / allowed;
        if (excess <= 1) {
          [accepted[i], square[i], u[i]] = [1, moved[i], to[i]];
          h[i] *= Math.min(0.9 * excess ** -0.2, 5);
        } else {
          h[i] = (to[i] - u[i]) * Math.max(0.9 * excess ** -0.2, 0.2);
          if (!(u[i] + h[i] / 10 > u[i]))
            throw new Error(
              `rk45 finds no step at sigma ${first * Math.exp(-u[i])} that keeps to its tolerances`,
            );
        }
      }
      const rejected = accepted.map((value) => 1 - value);
      space.release(step.error);
      x = consume(space, [
        [accepted, step.x],
        [rejected, x],
      ]);
      score = consume(space, [
        [accepted, step.score],
        [rejected, score],
      ]);
      const noisiest = Math.min(...u);
      const arrived = noisiest === end;
      if (arrived && sigmas[sigmas.length - 1] === 0) break;
      const sigma = arrived ? last : first * Math.exp(-noisiest);
      yield { index, total: arrived ? index + 1 : undefined, sigma, evaluations, x };
    }
    if (sigmas[sigmas.length - 1] === 0) {
      x = consume(space, [
        [1, x],
        [last ** 2, score],
      ]);
      yield { index, total: index + 1, sigma: 0, evaluations, x };
    } else space.release(score);
    return x;
  },
};

/** In u, where the whole way is about 10; from there on the error decides. */
const firstStep = 0.1;

/** Evaluations of a step, accepted or not: the first stage is the last one of the step before. */
const stagesPerTry = 6;

/** Where the stages are, what they are made of, and the difference of the two methods. */
const nodes = [0, 1 / 5, 3 / 10, 4 / 5, 8 / 9, 1, 1];
const stages = [
  [],
  [1 / 5],
  [3 / 40, 9 / 40],
  [44 / 45, -56 / 15, 32 / 9],
  [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729],
  [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656],
  [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84], // the result
];
const difference = [71 / 57600, 0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40];

/** One step of each image from u to `to`: where it goes, the score there, and the error estimate. */
async function dormandPrince<V>(
  space: Space<V>,
  x: V,
  score: V,
  u: Float64Array,
  to: Float64Array,
  sigmaAt: (u: number) => number,
): Promise<{ readonly x: V; readonly score: V; readonly error: V }> {
  const scores = [score];
  const weights: Float64Array[] = []; // h·σ² of each stage: its score times this is h·dx/du
  const terms = (coefficients: readonly number[]) =>
    coefficients.flatMap((c, i): (readonly [PerImage, V])[] =>
      c === 0 ? [] : [[weights[i].map((weight) => c * weight), scores[i]]],
    );
  let state = x;
  for (const [stage, node] of nodes.entries()) {
    const sigma = u.map((from, i) => sigmaAt(node === 1 ? to[i] : from + node * (to[i] - from)));
    if (stage > 0) {
      if (state !== x) space.release(state);
      state = space.combine([[1, x], ...terms(stages[stage])]);
      scores.push(await space.score(state, sigma));
    }
    weights.push(sigma.map((value, i) => (to[i] - u[i]) * value ** 2));
  }
  const error = space.combine(terms(difference));
  const [, ...between] = scores;
  const last = between.pop() as V;
  space.release(...between);
  return { x: state, score: last, error };
}
