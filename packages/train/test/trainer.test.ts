import {
  decodeCheckpoint,
  encodeCheckpoint,
  probeError,
  probeInputs,
  type RunConfig,
  type Dataset,
  type MetricSums,
} from "@ncsn/core";
import { describe, expect, it } from "vitest";
import { batchesOf } from "../src/batches.ts";
import { addStep, lineAfter, noSums, type MetricsLine } from "../src/metrics.ts";
import { drawPreview, planPreviews } from "../src/preview.ts";
import { measureProbe } from "../src/probe.ts";
import { DivergedError, train, type TrainingStep } from "../src/trainer.ts";
import { heldOutLosses } from "./held-out-losses.ts";
import { mixtureOf, openEngine, ramps, tinyConfig } from "./tiny-config.ts";

const points = { network: "mlp", options: { width: 8, layers: 1, features: 4 }, batch: 8 } as const;
const images = {
  network: "unet",
  options: { channels: 4, multipliers: [1], embedding: 8, features: 8, classes: 2 },
  batch: 4,
} as const;

async function all(steps: AsyncIterable<TrainingStep>): Promise<TrainingStep[]> {
  const taken: TrainingStep[] = [];
  for await (const step of steps) taken.push(step);
  return taken;
}

describe("training", () => {
  it(
    "comes near the irreducible loss of a mixture, which its exact score has",
    { timeout: 180_000 },
    async () => {
      const dataset = mixtureOf();
      const config = tinyConfig({
        dataset,
        network: "mlp",
        options: { width: 16, layers: 1, features: 8 },
        steps: 400,
        batch: 64,
        rate: 2e-2,
      });
      const engine = await openEngine(config);
      const taken = await all(train({ config, engine, dataset }));
      expect(taken.map(({ step }) => step)).toEqual(Array.from({ length: 400 }, (_, i) => i + 1));
      const [trained, exact, untrained] = await heldOutLosses(config, dataset, engine);
      await engine.dispose();
      expect(untrained).toBeGreaterThan(1.15 * exact); // there is something to learn
      expect(trained).toBeLessThan(1.03 * exact);
      expect(trained).toBeGreaterThan(0.98 * exact); // and no way to beat the exact score but luck
    },
  );

  it.each([
    ["points", points, mixtureOf()],
    ["labelled images", images, ramps(10, 4)],
  ])("goes on after a checkpoint of %s bit for bit", async (_, options, dataset) => {
    const config = tinyConfig({ ...options, dataset, steps: 13 });
    const whole = await runInParts(config, dataset, [13]);
    const parts = await runInParts(config, dataset, [4, 10, 12, 13]);
    expect(parts.lines).toEqual(whole.lines);
    expect(whole.lines.map(({ step }) => step)).toEqual([10, 13]);
    expect(Buffer.compare(parts.checkpoint, whole.checkpoint)).toBe(0);
  });

  it("stops at a loss that is not finite, naming the step and the noise level", async () => {
    const dataset = mixtureOf();
    const config = tinyConfig({ ...points, dataset, steps: 10, rate: 1e30 });
    const engine = await openEngine(config);
    const error = await all(train({ config, engine, dataset })).catch((reason: unknown) => reason);
    await engine.dispose();
    if (!(error instanceof DivergedError)) throw new TypeError(`not a DivergedError: ${String(error)}`);
    expect(error.message).toMatch(/^the loss is (NaN|Infinity) at step 2, worst at sigma [\d.e-]+$/);
    expect([...batchesOf(config, dataset)(1).sigma]).toContain(error.sigma);
    expect(error.with("the last good checkpoint is X").message).toBe(
      `${error.message}; the last good checkpoint is X`,
    );
  });

  it("ends after the step in which it is told to", async () => {
    const dataset = mixtureOf();
    const config = tinyConfig({ ...points, dataset, steps: 10 });
    const engine = await openEngine(config);
    const controller = new AbortController();
    const taken: number[] = [];
    for await (const { step } of train({ config, engine, dataset, signal: controller.signal })) {
      taken.push(step);
      if (step === 3) controller.abort();
    }
    await engine.dispose();
    expect(taken).toEqual([1, 2, 3]);
  });
});

/** Trains to each of some steps in an engine of its own, which knows the one before by its checkpoint alone. */
async function runInParts(config: RunConfig, dataset: Dataset, ends: readonly number[]) {
  const lines: MetricsLine[] = [];
  let checkpoint: Uint8Array | undefined;
  for (const end of ends) {
    const engine = await openEngine(config);
    const before = checkpoint === undefined ? undefined : decodeCheckpoint(checkpoint);
    if (before !== undefined) await engine.restore(before.state, before.step);
    let sums: MetricSums = before?.sums ?? noSums;
    for await (const taken of train({ config, engine, dataset, from: before?.step })) {
      sums = addStep(sums, taken, config.recipe.sigmaRange);
      const line = lineAfter(sums, taken, config.steps);
      if (line !== undefined) {
        lines.push(line);
        sums = noSums;
      }
      if (taken.step === end) break;
    }
    const probe = await measureProbe(config, engine, end);
    checkpoint = encodeCheckpoint({ config, step: end, probe, sums, state: await engine.state() });
    await engine.dispose();
  }
  return { lines, checkpoint: checkpoint ?? new Uint8Array() };
}

describe("the probe", () => {
  it("is what the average says at σs over the whole range, and fails another model", async () => {
    const dataset = ramps(10, 4);
    const config = tinyConfig({ ...images, dataset, steps: 3 });
    const engine = await openEngine(config);
    await all(train({ config, engine, dataset }));
    const probe = await measureProbe(config, engine, 3);
    expect([probe.sigmas[0], probe.sigmas.at(-1)]).toEqual([80, 0.002]);
    expect(new Set(probe.positions).size).toBe(16);
    expect(new Set(probe.labels)).toEqual(new Set([-1, 0, 1]));
    const x = probeInputs(probe, 16, config.model.sigmaData);
    const scores = (which: "raw" | "ema") =>
      engine.score(x, Float64Array.from(probe.sigmas), which, Int32Array.from(probe.labels ?? []));
    expect(probeError(probe, await scores("ema"))).toBe(0);
    expect(probeError(probe, await scores("raw"))).toBeGreaterThan(probe.tolerance);
    await engine.dispose();
  });

  it("refuses a model whose scores are not finite", async () => {
    const dataset = mixtureOf();
    const config = tinyConfig({ ...points, dataset, steps: 10, rate: 1e38 });
    const engine = await openEngine(config);
    for await (const { step } of train({ config, engine, dataset })) if (step === 1) break;
    await expect(measureProbe(config, engine, 1)).rejects.toThrow(
      /^the score is (NaN|-?Infinity) at step 1, worst at sigma/,
    );
    await engine.dispose();
  });
});

describe("a preview", () => {
  it("shows image i the same among few and among many, as pixels", async () => {
    const dataset = ramps(10, 4);
    const config = tinyConfig({ ...images, dataset, steps: 20 });
    const engine = await openEngine(config);
    const [two, four] = [
      await drawPreview({ config, engine, count: 2 }),
      await drawPreview({ config, engine, count: 4 }),
    ];
    await engine.dispose();
    expect(two).toHaveLength(32);
    expect(four?.subarray(0, 32)).toEqual(two);
    expect(two?.every((value) => value >= 0 && value <= 1)).toBe(true);
  });

  it("by the parameters as they are starts from the same noise: at the start of a run it is the same", async () => {
    const dataset = mixtureOf();
    const config = tinyConfig({ ...points, dataset, steps: 20, rate: 1e-2 });
    const engine = await openEngine(config);
    const draw = (which: "raw" | "ema") => drawPreview({ config, engine, count: 2, which });
    expect(await draw("raw")).toEqual(await draw("ema"));
    for await (const _ of train({ config, engine, dataset }));
    expect(await draw("raw")).not.toEqual(await draw("ema"));
    expect(await draw("ema")).toEqual(await drawPreview({ config, engine, count: 2 }));
    await engine.dispose();
  });

  it("leaves training as it would have been without, and gives up when told", async () => {
    const dataset = mixtureOf();
    const config = tinyConfig({ ...points, dataset, steps: 4 });
    const states = await Promise.all(
      [false, true].map(async (previews) => {
        const engine = await openEngine(config);
        for await (const _ of train({ config, engine, dataset }))
          if (previews) await drawPreview({ config, engine, count: 2 });
        expect(await drawPreview({ config, engine, count: 2, signal: AbortSignal.abort() })).toBeUndefined();
        const state = await engine.state();
        await engine.dispose();
        return state;
      }),
    );
    expect(states[1]).toEqual(states[0]);
  });

  it("is planned to take at most a tenth of a run that is long enough, and always to end it", () => {
    const dataset = ramps(10);
    const plan = (steps: number, batch: number, every?: number) =>
      planPreviews(tinyConfig({ ...images, dataset, steps, batch }), every);
    expect(plan(5000, 64)).toMatchObject({ every: 500, count: 64 });
    expect(plan(5000, 64).overhead).toBeCloseTo((2 * 64 * 35) / (3 * 64) / 500, 10); // EMA and raw
    expect(plan(1000, 16)).toMatchObject({ every: 250, count: 16 }); // 2·16·35 evaluations are about 23.3 steps
    expect(plan(200, 16)).toMatchObject({ every: 200, count: 16 });
    expect(plan(5, 16)).toMatchObject({ every: 5, count: 16 });
    expect(plan(5000, 64, 7)).toMatchObject({ every: 7, count: 16 });
  });
});
