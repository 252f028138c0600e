/** The runs below the working folder, as they lie on disk, for those who only read. */
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { decodeCheckpoint, stateGroups, summarize, type Checkpoint, type RunConfig } from "@ncsn/core";
import { RunError } from "./run-error.ts";

/** The folder of all runs, below the working folder. */
export const runsFolder = "runs";
export const configName = "config.json";
export const checkpointName = "checkpoint.safetensors";
export const metricsName = "metrics.jsonl";
export const samplesFolder = "samples";
export const reportName = "report.html";

/** The folder of a run. */
export const pathOf = (name: string): string => join(runsFolder, name);

/** The file of samples after some steps, by the moving average or by the parameters as they are. */
export const sampleName = (step: number, which: "ema" | "raw"): string =>
  `step-${String(step).padStart(7, "0")}${which === "raw" ? "-raw" : ""}.png`;

/** Whether there is a run of a name, started at least. */
export async function runExists(name: string): Promise<boolean> {
  return (await writtenAt(pathOf(name))) !== undefined;
}

/** What a run holds: its checkpoint, or only its configuration where it was killed before the first. */
export type SavedRun =
  | { readonly config: RunConfig; readonly checkpoint: Checkpoint }
  | { readonly config: RunConfig; readonly checkpoint?: undefined };

/**
 * Reads a run.
 * @throws RunError where there is none, or its files are damaged
 */
export async function readRun(name: string): Promise<SavedRun> {
  const path = pathOf(name);
  const bytes = await readIfThere(join(path, checkpointName));
  if (bytes !== undefined) {
    const checkpoint = sound(join(path, checkpointName), () => checked(decodeCheckpoint(bytes)));
    return { config: checkpoint.config, checkpoint };
  }
  return { config: await readConfig(name) };
}

/** The configuration of a run, without its tensors. @throws RunError where there is none, or its file is damaged */
export async function readConfig(name: string): Promise<RunConfig> {
  const path = join(pathOf(name), configName);
  const json = await readIfThere(path);
  if (json === undefined) throw new RunError(`no run ${name} in ${runsFolder}/${await known()}`);
  return sound(path, () => versioned(JSON.parse(new TextDecoder().decode(json)) as RunConfig));
}

/** The name of the run that was written last. @param use what it is wanted for @throws RunError where there is none */
export async function newestRun(use = "resume"): Promise<string> {
  const [newest] = await runsByAge();
  if (newest === undefined) throw new RunError(`no run in ${runsFolder}/ to ${use}`);
  return newest;
}

async function runsByAge(): Promise<string[]> {
  const names = await readdir(runsFolder).catch(() => []);
  const dated = await Promise.all(names.map(async (name) => ({ name, time: await writtenAt(pathOf(name)) })));
  return dated
    .flatMap(({ name, time }) => (time === undefined ? [] : [{ name, time }]))
    .sort((a, b) => b.time - a.time)
    .map(({ name }) => name);
}

async function known(): Promise<string> {
  const names = await runsByAge();
  return names.length === 0 ? " (there are none)" : ` (known: ${names.slice(0, 10).join(", ")})`;
}

/** Runs a reader, and says of any error which file is at fault. */
function sound<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new RunError(`damaged ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** A checkpoint whose tensors are those of its model; an engine then takes them without a further look. */
function checked(checkpoint: Checkpoint): Checkpoint {
  const { config, state, step } = checkpoint;
  versioned(config);
  if (!Number.isInteger(step) || step < 0 || step > config.steps)
    throw new Error(`step ${step} of ${config.steps}`);
  for (const group of stateGroups) {
    for (const { name, shape } of summarize(config.model, config.shape).parameters) {
      const tensor = state.get(`${group}/${name}`);
      if (tensor?.shape.join() !== shape.join())
        throw new Error(`no tensor ${group}/${name} of shape [${shape.join(", ")}]`);
      if (!tensor.data.every(Number.isFinite))
        throw new Error(`tensor ${group}/${name} has values that are not finite`);
    }
  }
  return checkpoint;
}

function versioned(config: RunConfig): RunConfig {
  if (config.version !== 1)
    throw new Error(`unknown version ${String(config.version)} (this release reads version 1)`);
  return config;
}

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR"))
      return undefined;
    throw error;
  }
}

/** When a run was last written, in milliseconds; undefined where there is none. */
async function writtenAt(path: string): Promise<number | undefined> {
  for (const name of [checkpointName, configName]) {
    const found = await stat(join(path, name)).catch(() => undefined);
    if (found !== undefined) return found.mtimeMs;
  }
  return undefined;
}
