/** The probe of a checkpoint: a few scores by which any runtime can check that it computes the trained model. */
import {
  classCount,
  key,
  permutation,
  probeInputs,
  purposes,
  schedules,
  split,
  type Probe,
  type RunConfig,
} from "@ncsn/core";
import type { Engine } from "./engine.ts";
import { DivergedError } from "./trainer.ts";

const levels = 8;
const places = 16;

/**
 * Relative error that a runtime may have. Engines on CPUs agree within 1e-4, which export demands of the file it
 * writes; a GPU may multiply in TF32 or contract differently, and is still the same model within 1e-3.
 */
const tolerance = 1e-3;

/**
 * What the moving average says of the probe's inputs.
 * @param step steps taken so far
 * @throws DivergedError where a score is not finite
 */
export async function measureProbe(
  config: RunConfig,
  engine: Pick<Engine, "score">,
  step: number,
): Promise<Probe> {
  const { shape, recipe, seed, model } = config;
  const dimension = shape.reduce((a, b) => a * b, 1);
  const [sigmaMin, sigmaMax] = recipe.sigmaRange;
  const sigmas = [...schedules.geometric(levels, { sigmaMin, sigmaMax })];
  const probeKey = split(key(seed), purposes.probe);
  const positions = [...permutation(split(probeKey, levels), dimension).subarray(0, places)].sort(
    (a, b) => a - b,
  );
  const classes = classCount(model);
  const labels = classes > 0 ? sigmas.map((_, i) => (i % (classes + 1)) - 1) : undefined;

  const x = probeInputs({ key: probeKey, sigmas }, dimension, recipe.sigmaData);
  const values = await engine.score(x, Float64Array.from(sigmas), "ema", labels && Int32Array.from(labels));
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0)
    throw new DivergedError(`the score is ${values[bad]}`, step, sigmas[Math.floor(bad / dimension)]);
  const scores = sigmas.map((_, row) => positions.map((position) => values[row * dimension + position]));
  return { key: probeKey, sigmas, positions, scores, ...(labels && { labels }), tolerance };
}
