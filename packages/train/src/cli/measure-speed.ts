/** How fast this machine trains, by steps that leave no trace. */
import type { Dataset, RunConfig } from "@ncsn/core";
import type { Engine } from "../engine.ts";
import { train } from "../trainer.ts";
import { withSteps } from "./new-run.ts";

/** First steps, which compile and allocate. */
const warmUp = 3;

/**
 * The time of one step of a run, measured on an engine at its start, which is put back there.
 * @param limit seconds to spend, about; one step is measured in any case
 */
export async function secondsPerStep(
  config: RunConfig,
  engine: Engine,
  dataset: Dataset,
  limit: number,
): Promise<number> {
  const before = await engine.state();
  const began = performance.now();
  const times: number[] = [];
  // A length beyond reach, so that the schedules are at their start and no batch lacks a successor.
  for await (const { step, seconds } of train({ config: withSteps(config, 1e9), engine, dataset })) {
    times.push(seconds);
    const spent = (performance.now() - began) / 1000;
    if (spent > limit && (step > warmUp || spent > 3 * limit)) break;
  }
  await engine.restore(before, 0);
  const measured = times.slice(Math.min(warmUp, times.length - 1));
  return measured.reduce((a, b) => a + b, 0) / measured.length;
}

/**
 * The number of steps that fill a time.
 * @param seconds of the run
 * @param perStep seconds of one step
 * @param overhead time of pictures, as a share of the steps' time
 */
export const stepsWithin = (seconds: number, perStep: number, overhead: number): number =>
  Math.max(1, Math.floor((0.97 * seconds) / (perStep * (1 + overhead)))); // checkpoints and metrics have the rest
