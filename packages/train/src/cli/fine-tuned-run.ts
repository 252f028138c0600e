/** `train --from`: a run that starts with what another has learnt. */
import type { Checkpoint } from "@ncsn/core";
import type { Engine } from "../engine.ts";
import { startedFrom } from "../fine-tuning.ts";
import { readRun } from "../run/saved-run.ts";
import { UsageError } from "./usage-error.ts";

/**
 * What a run has learnt.
 * @param step the number of steps that it must have learnt for
 * @throws RunError, UsageError where there is none, or it has gone on since
 */
export async function learntBy(name: string, step?: number): Promise<Checkpoint> {
  const { checkpoint } = await readRun(name);
  if (checkpoint === undefined)
    throw new UsageError(`run ${name} has learnt nothing yet (it has no checkpoint)`);
  if (step !== undefined && checkpoint.step !== step)
    throw new UsageError(
      `run ${name} is at step ${checkpoint.step} by now, and the run was to start with its step ${step}`,
    );
  return checkpoint;
}

/** Gives an engine at its start what a run has learnt. @throws UsageError where the networks have nothing in common */
export async function startFrom(engine: Engine, before: Checkpoint): Promise<void> {
  const { state, taken, own } = startedFrom(await engine.state(), before);
  const { name } = before.config;
  if (taken.length === 0)
    throw new UsageError(`invalid from: ${name} (its network has no parameter of this one's)`);
  await engine.restore(state, 0);
  const anew = own.length === 0 ? "" : `; from the seed: ${own.join(", ")}`;
  console.error(`starting with ${taken.length} parameters of ${name} after ${before.step} steps${anew}`);
}
