/** A model whose score is the exact one of a data set, or what is made of it: samples of it are samples of the data. */
import { hostSpace, prior, samplers, toPixels, type Card, type Dataset, type Sampler } from "@ncsn/core";
import { resolvePlan, samplingKey, type Frame, type SampleRequest } from "@ncsn/infer";
import type { EvaluatedModel } from "../../src/evaluate/points-quality.ts";
import { exactScore } from "../../src/evaluate/score-error.ts";

/** @param wrong what the model makes of the exact score, value by value */
export function exactModel(
  dataset: Dataset,
  {
    pixels = { scale: 0.5, offset: 0.1 },
    sigmaRange = [0.01, 40] as Card["sigmaRange"],
    wrong = (score: number): number => score,
  } = {},
): EvaluatedModel {
  const card: Card = {
    version: 1,
    name: "exact",
    shape: dataset.shape,
    pixels,
    sigmaData: 0.5,
    sigmaRange,
    sampler: { name: "heun", steps: 18, options: {} },
    recipe: {},
    training: {},
    probe: { key: [0, 0], sigmas: [1], positions: [0], scores: [[0]], tolerance: 1 },
  };
  const scoreAt = (x: Float32Array, sigma: number): Float32Array =>
    Float32Array.from(exactScore(dataset, card, x, sigma), wrong);
  const plan = (request: SampleRequest = {}) => resolvePlan(card, request, 64);
  return {
    card,
    plan,
    score: (x, sigma) => Promise.resolve(scoreAt(x, sigma as number)),
    async *steps(request): AsyncGenerator<Frame, void> {
      const { count, seed, first, sampler: name, sigmas, options } = plan(request);
      const sampler: Sampler = samplers[name];
      const [dimension] = card.shape;
      const space = hostSpace({
        count,
        dimension,
        key: samplingKey(seed),
        first,
        score: async (x, sigma, out) => out.set(scoreAt(x, sigma as number)),
      });
      for await (const step of sampler.run(space, prior(space, card, sigmas[0]), sigmas, options)) {
        const pixels = async () => ({
          shape: [count, dimension, 1, 1] as const,
          data: toPixels(card, step.x.slice()),
        });
        yield { ...step, pixels };
      }
    },
  };
}
