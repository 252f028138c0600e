/** Which run a command means, and its checkpoint. */
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { decodeCheckpoint, type Checkpoint } from "@ncsn/core";
import { UsageError } from "./usage-error.ts";

const folder = "runs";
/** The name of a checkpoint in the folder of its run. */
export const checkpointFile = "checkpoint.safetensors";

export interface FoundRun {
  /** Path of the checkpoint. */
  readonly path: string;
  readonly checkpoint: Checkpoint;
}

/**
 * The run of a name, folder or checkpoint file; without one the run whose checkpoint is newest.
 * @throws UsageError where there is none, or its checkpoint is damaged
 */
export async function findRun(run: string | undefined): Promise<FoundRun> {
  const path = await (run === undefined ? newest() : named(run));
  try {
    return { path, checkpoint: decodeCheckpoint(await readFile(path)) };
  } catch (error) {
    throw new UsageError(`cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

async function named(run: string): Promise<string> {
  const candidates = [run, join(run, checkpointFile), join(folder, run, checkpointFile)];
  for (const candidate of candidates) if (await isFile(candidate)) return candidate;
  const known = (await checkpoints()).map(({ name }) => name);
  const choices =
    known.length === 0 ? `${folder}/ has none; pnpm train makes one` : `known: ${known.join(", ")}`;
  throw new UsageError(`unknown run: ${run} (${choices})`);
}

async function newest(): Promise<string> {
  const [first] = (await checkpoints()).toSorted((a, b) => b.time - a.time);
  if (first === undefined) throw new UsageError(`no run in ${folder}/ yet; pnpm train makes one`);
  return join(folder, first.name, checkpointFile);
}

/** The runs that have a checkpoint, in alphabetical order. */
async function checkpoints(): Promise<{ name: string; time: number }[]> {
  const names = await readdir(folder).catch(() => []);
  const found = await Promise.all(
    names.map(async (name) => {
      const state = await stat(join(folder, name, checkpointFile)).catch(() => undefined);
      return state === undefined ? [] : [{ name, time: state.mtimeMs }];
    }),
  );
  return found.flat().toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

const isFile = async (path: string): Promise<boolean> =>
  (await stat(path).catch(() => undefined))?.isFile() ?? false;
