/** How far a trained model is from the best there is. */
import { lossPerImage, type Dataset, type RunConfig } from "@ncsn/core";
import { batchesOf } from "../src/batches.ts";
import type { Engine } from "../src/engine.ts";

/** Denoising losses on batches that training has not seen: of the trained average, of the exact score, and of F = 0. */
export async function heldOutLosses(config: RunConfig, dataset: Dataset, engine: Engine): Promise<number[]> {
  const batchAt = batchesOf(config, dataset);
  const { scale, offset } = config.pixels;
  const sums = [0, 0, 0];
  const batches = 25;
  for (let step = config.steps; step < config.steps + batches; step++) {
    const batch = batchAt(step);
    const own = Float64Array.from(batch.x, (value) => (value - offset) / scale);
    // Per image, since each has its own σ; the score of scale·x is the score of x over the scale.
    const exact = [...batch.sigma].flatMap((sigma, i) =>
      [...(dataset.score?.(own.subarray(2 * i, 2 * i + 2), sigma / scale) ?? [])].map(
        (value) => value / scale,
      ),
    );
    const zero = Array.from(
      batch.x,
      (value, i) => -value / (batch.sigma[i >> 1] ** 2 + config.model.sigmaData ** 2),
    );
    [await engine.score(batch.x, batch.sigma, "ema"), exact, zero].forEach((scores, k) => {
      sums[k] += lossPerImage(scores, batch).reduce((a, b) => a + b, 0);
    });
  }
  return sums.map((sum) => sum / (batches * config.batch));
}
