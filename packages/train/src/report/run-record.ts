/** What a run has written so far, as a report needs it: everything but the tensors. */
import { open, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { decodeCheckpointHead, safetensorsStart, type Checkpoint, type RunConfig } from "@ncsn/core";
import { readMetrics, type DivergedLine, type WrittenLine } from "../run/metrics-file.ts";
import { checkpointName, metricsName, pathOf, readConfig, samplesFolder } from "../run/saved-run.ts";
import { evenly } from "./thin.ts";

/** Samples after some steps. */
export interface SampleFiles {
  readonly step: number;
  /** Pictures, as PNG: by the moving average of the parameters, and by the parameters as they were. */
  readonly ema: Uint8Array | undefined;
  readonly raw: Uint8Array | undefined;
}

export interface RunRecord {
  readonly config: RunConfig;
  /** Steps taken, as far as the files say. */
  readonly step: number;
  readonly lines: readonly WrittenLine[];
  /** Why training ended before its time, if it did. */
  readonly diverged: DivergedLine | undefined;
  /** What the last checkpoint says of the engine; undefined where there is none. */
  readonly engine: Checkpoint["engine"];
  readonly trainedOn: Checkpoint["trainedOn"];
  /** The pictures to be shown, from the first to the last. */
  readonly samples: readonly SampleFiles[];
}

/**
 * Reads a run.
 * @param upTo the step that the run is at, where that is known: pictures of a process that was killed later are left out
 * @param most pictures of so many steps, evenly over the run, the first and the last among them
 * @throws RunError where there is none, or its configuration is damaged
 */
export async function readRecord(
  name: string,
  { upTo, most }: { readonly upTo?: number; readonly most: number },
): Promise<RunRecord> {
  const config = await readConfig(name);
  const path = pathOf(name);
  const head = await checkpointHead(join(path, checkpointName)).catch(() => undefined); // a report without is better than none
  const { lines, diverged } = readMetrics(
    await readFile(join(path, metricsName)).catch(() => new Uint8Array()),
  );
  const pictures = (await picturesIn(join(path, samplesFolder))).filter(
    ({ step }) => step <= (upTo ?? Infinity),
  );
  const step = upTo ?? Math.max(head?.step ?? 0, lines.at(-1)?.step ?? 0, pictures.at(-1)?.step ?? 0);
  const samples = await Promise.all(
    evenly(pictures, most).map(async ({ step, ema, raw }) => ({
      step,
      ema: ema === undefined ? undefined : await readFile(join(path, samplesFolder, ema)),
      raw: raw === undefined ? undefined : await readFile(join(path, samplesFolder, raw)),
    })),
  );
  return { config, step, lines, diverged, engine: head?.engine, trainedOn: head?.trainedOn, samples };
}

/** What stands before a checkpoint's values, which may be gigabytes. */
async function checkpointHead(path: string): Promise<Omit<Checkpoint, "state">> {
  const file = await open(path);
  try {
    const first = await file.read(new Uint8Array(8), 0, 8, 0);
    const head = new Uint8Array(safetensorsStart(first.buffer.subarray(0, first.bytesRead)));
    const { bytesRead } = await file.read(head, 0, head.length, 0);
    return decodeCheckpointHead(head.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}

interface Named {
  readonly step: number;
  readonly ema?: string;
  readonly raw?: string;
}

/** The files of samples by their steps, in order. */
async function picturesIn(folder: string): Promise<Named[]> {
  const found = new Map<number, Named>();
  for (const file of await readdir(folder).catch(() => [])) {
    const [, digits, raw] = /^step-(\d+)(-raw)?\.png$/.exec(file) ?? [];
    if (digits === undefined) continue;
    const step = Number(digits);
    found.set(step, { step, ...found.get(step), ...(raw === undefined ? { ema: file } : { raw: file }) });
  }
  return [...found.values()].sort((a, b) => a.step - b.step);
}
