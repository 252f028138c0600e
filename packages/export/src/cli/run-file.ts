/** A run's checkpoint as a file in memory: its moving average, and how it is checked. */
import { group, key as keyOf, purposes, split, summarize, type Checkpoint } from "@ncsn/core";
import { load } from "@ncsn/infer/node";
import { exportModel } from "../export-model.ts";
import { checkCount, checkPoints, referenceScore } from "../verify.ts";
import { fileErrors } from "./file-errors.ts";
import type { FoundRun } from "./find-run.ts";
import { asUsage } from "./model-file.ts";
import { trainingTime } from "./training-time.ts";
import { UsageError } from "./usage-error.ts";
import { demand, type Errors } from "./verification.ts";

/** @throws UsageError where training has diverged, or the checkpoint lacks something */
export async function runFile(
  { path, checkpoint }: FoundRun,
  batch: number | undefined,
): Promise<Uint8Array> {
  checkFinite(path, checkpoint);
  const { config, step, probe, engine } = checkpoint;
  const parameters = group(checkpoint.state, "ema");
  const seconds = await trainingTime(path, step);
  const trained = { ...(engine !== undefined && { engine }), ...(seconds !== undefined && { seconds }) };
  return asUsage(
    () => exportModel({ config, step, parameters, probe, trained, batch }),
    `cannot export ${path}: `,
  );
}

/** How many noise levels to compare at, and of which seed the images are; as many as take seconds, the run's. */
export interface CheckOptions {
  readonly check: number | undefined;
  readonly seed: number | undefined;
}

/** The noise levels at which a run is compared unless told. */
export const levelsOf = ({ checkpoint: { config } }: FoundRun, { check }: CheckOptions): number =>
  check ?? checkCount(summarize(config.model, config.shape).multiplyAdds);

/**
 * Compares a run's file with the definition in float64 and with what the trainer wrote down.
 * @param target what it is to be called in a message
 * @throws VerificationError where it computes something else
 */
export async function checkRunFile(
  target: string,
  source: string | Uint8Array,
  run: FoundRun,
  options: CheckOptions,
): Promise<Errors> {
  const { config, state } = run.checkpoint;
  const parameters = group(state, "ema");
  const key = split(keyOf(options.seed ?? config.seed), purposes.probe);
  const points = checkPoints(config, levelsOf(run, options), key);
  const model = await load(source, { device: "cpu", workers: 1, verify: false });
  try {
    const found = await fileErrors(model, points, (i) => referenceScore(config, parameters, points, i));
    demand(target, found);
    return found;
  } finally {
    await model.dispose();
  }
}

/** @throws UsageError where training has diverged, or the file is damaged */
function checkFinite(path: string, { state }: Checkpoint): void {
  for (const [name, { data }] of state)
    if (/^(raw|ema)\//.test(name) && !data.every(Number.isFinite))
      throw new UsageError(`cannot export ${path}: its tensor ${name} is not finite`);
}
