/** NCSN and DDPM, trained alike on data whose score is known at every σ. */
import {
  geometric,
  initialise,
  key,
  normals,
  proceduralDatasets,
  split,
  summarize,
  type Dataset,
  type RecipeName,
  type RunConfig,
} from "@ncsn/core";
import { onnxEngine, openNodeGradients, train, type Engine, scoreTraining } from "@ncsn/train/node";
import { describe, expect, it } from "vitest";
import { dataKey } from "../src/batches.ts";
import { configure, planRun } from "../src/cli/new-run.ts";

const dataset = proceduralDatasets.mixture(dataKey(0));

/** A run of a recipe with the network, seed, budget and optimiser that both have. */
function configured(recipe: RecipeName): RunConfig {
  const net = ["width=32", "layers=2", "features=16"];
  const args = { recipe, dataset: "mixture", net, steps: "1500", batch: "128", rate: "1e-2" };
  const config = configure(planRun(args), dataset, "tiny", args);
  const optimiser = { ...config.recipe.optimiser, warmup: 50, finalRate: 0.02, emaDecay: 0.99 };
  return { ...config, recipe: { ...config.recipe, optimiser } };
}

/**
 * √(mean σ²|score − exact|² / mean σ²|exact|²), x from the noisy data's own density p_σ and σ over ten levels from 1 to
 * 0.01, model units: as the loss λ = σ² weighs it. A network that answers 0 has 1.
 */
async function scoreError({ pixels }: RunConfig, engine: Engine, data: Dataset): Promise<number> {
  const [count, { scale, offset }] = [2000, pixels];
  let [errors, whole] = [0, 0];
  for (const [k, sigma] of geometric(10, { sigmaMin: 0.01, sigmaMax: 1 }).entries()) {
    const z = normals(split(key(99), k), 2 * count);
    const x = new Float32Array(2 * count);
    for (let i = 0; i < count; i++) data.read(1e6 + i, x, 2 * i); // training has not seen these
    x.forEach((value, i) => (x[i] = scale * value + offset + sigma * z[i]));
    const score = await engine.score(x, new Float64Array(count).fill(sigma), "ema");
    const own = Float64Array.from(x, (value) => (value - offset) / scale);
    const exact = data.score!(own, sigma / scale).map((value) => value / scale);
    exact.forEach((value, i) => {
      errors += (sigma * (score[i] - value)) ** 2;
      whole += (sigma * value) ** 2;
    });
  }
  return Math.sqrt(errors / whole);
}

describe("from one seed and budget", () => {
  it.each([
    ["ncsn", 0.1],
    ["ddpm", 0.25],
  ] as const)(
    "%s reaches the exact score of the mixture within %s",
    { timeout: 300_000 },
    async (recipe, limit) => {
      const config = configured(recipe);
      const { model, shape, batch, seed } = config;
      const engine = onnxEngine({
        gradients: await openNodeGradients({
          device: "cpu",
          training: scoreTraining({ model, shape }),
          batch,
          sessions: 1,
          microBatch: batch,
        }),
        model,
        shape,
        parameters: initialise(summarize(model, shape).parameters, key(seed)),
        optimiser: config.recipe.optimiser,
      });
      const before = await scoreError(config, engine, dataset);
      for await (const { loss } of train({ config, engine, dataset })) expect(loss).toBeGreaterThan(0);
      const after = await scoreError(config, engine, dataset);
      await engine.dispose();
      expect(before).toBeGreaterThan(0.9);
      expect(after).toBeLessThan(limit);
    },
  );
});
