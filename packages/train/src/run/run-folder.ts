/**
 * A training run on disk: `config.json`, `checkpoint.safetensors`, `metrics.jsonl` and `samples/*.png`. A process may
 * be killed between any two instructions here, and the run resumes: metrics reach the disk before the checkpoint that
 * counts them, and lines beyond the checkpoint are cut off on the way back in.
 */
import { mkdir, rmdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { encodeCheckpoint, type Checkpoint, type RunConfig } from "@ncsn/core";
import { removeTemporaries, writeAtomically } from "./atomic-write.ts";
import { lock } from "./lock.ts";
import { openMetrics, type DivergedLine, type MetricsFile, type WrittenLine } from "./metrics-file.ts";
import { RunError } from "./run-error.ts";
import {
  checkpointName,
  configName,
  metricsName,
  pathOf,
  runExists,
  sampleName,
  samplesFolder,
} from "./saved-run.ts";

/** A run that this process may write. */
export interface RunFolder {
  readonly path: string;
  readonly checkpointPath: string;
  readonly samplesPath: string;
  /** Opens the metrics, cut back to step `step`; once. @returns the last line that stayed */
  startMetrics(step: number): Promise<WrittenLine | undefined>;
  appendMetrics(line: WrittenLine): Promise<void>;
  /** Replaces the checkpoint, after everything that belongs to it is on the disk. */
  saveCheckpoint(checkpoint: Checkpoint): Promise<void>;
  /** Saves samples of the moving average, or of the parameters as they are. @returns the path of the picture */
  saveSample(step: number, which: "ema" | "raw", png: Uint8Array): Promise<string>;
  /** Notes for the report why training ended before its time, as a last line of the metrics. */
  noteDiverged(line: DivergedLine): Promise<void>;
  /** Lets others write the run. */
  close(): Promise<void>;
}

/**
 * Makes the folder of a new run, with its configuration.
 * @throws RunError where there is such a run already, or where another process is starting it
 */
export async function createRun(config: RunConfig): Promise<RunFolder> {
  const path = pathOf(config.name);
  await makeFolder(path);
  let folder: RunFolder | undefined;
  try {
    folder = await enterRun(config.name);
    if (await runExists(config.name)) throw existing(config.name);
    await writeAtomically(join(path, configName), `${JSON.stringify(config, null, 2)}\n`);
    return folder;
  } catch (error) {
    await folder?.close();
    await rmdir(path).catch(() => undefined); // stays where it is not empty
    throw error;
  }
}

/** The error of starting a run whose name is taken. */
export const existing = (name: string): RunError =>
  new RunError(`run ${name} exists: continue it with --resume ${name}, or take another --name`);

/**
 * Locks a run's folder and removes what a killed process left half-written.
 * @throws RunError
 */
export async function enterRun(name: string): Promise<RunFolder> {
  const path = pathOf(name);
  const samplesPath = join(path, samplesFolder);
  const checkpointPath = join(path, checkpointName);
  const release = lock(path);
  let metrics: MetricsFile | undefined;
  try {
    await removeTemporaries(path);
    await mkdir(samplesPath, { recursive: true });
    await removeTemporaries(samplesPath);
  } catch (error) {
    release();
    throw error;
  }
  return {
    path,
    checkpointPath,
    samplesPath,
    async startMetrics(step) {
      const opened = await openMetrics(join(path, metricsName), step);
      metrics = opened.file;
      return opened.last;
    },
    async appendMetrics(line) {
      await metrics?.append(line);
    },
    async saveCheckpoint(checkpoint) {
      await metrics?.sync();
      await writeAtomically(checkpointPath, encodeCheckpoint(checkpoint));
    },
    async noteDiverged(line) {
      await metrics?.append(line);
    },
    async saveSample(step, which, png) {
      const file = join(samplesPath, sampleName(step, which));
      await writeAtomically(file, png);
      return file;
    },
    async close() {
      await metrics?.close();
      release();
    },
  };
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await mkdir(path);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    if (!(await stat(path)).isDirectory()) throw new RunError(`${path} is not a folder`);
    if (await runExists(basename(path))) throw existing(basename(path));
  }
}
