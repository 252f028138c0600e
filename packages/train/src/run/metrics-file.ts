/** `metrics.jsonl`: one JSON object a line, appended as training goes. */
import { open, readFile, truncate } from "node:fs/promises";
import type { MetricsLine } from "../metrics.ts";

/** A line as it is written, with what depends on the machine. */
export interface WrittenLine extends MetricsLine {
  /** Over the window's steps; 0 where a resumed run took none of them itself. */
  readonly imagesPerSecond: number;
  /** Time in steps since the start of the run, breaks left out. */
  readonly seconds: number;
}

/** The last line of a run that gave NaN or infinity; gone when the run is resumed from before that step. */
export interface DivergedLine {
  /** The step that failed. */
  readonly step: number;
  /** What happened, in words. */
  readonly diverged: string;
}

export interface MetricsFile {
  append(line: WrittenLine | DivergedLine): Promise<void>;
  /** Returns when all lines are on the disk. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens a file for more lines, after cutting off those beyond step `step` and one that was left half-written.
 * @returns the file, and the last line that stayed
 */
export async function openMetrics(
  path: string,
  step: number,
): Promise<{ file: MetricsFile; last: WrittenLine | undefined }> {
  const handle = await open(path, "a");
  const { bytes, last } = linesUpTo(await readFile(path), step);
  await truncate(path, bytes);
  const file: MetricsFile = {
    append: (line) => handle.appendFile(`${JSON.stringify(line)}\n`),
    sync: () => handle.sync(),
    close: () => handle.close(),
  };
  return { file, last };
}

/** All whole lines of a file's content, up to one that is damaged. */
export function readMetrics(content: Uint8Array): {
  readonly lines: readonly WrittenLine[];
  readonly diverged: DivergedLine | undefined;
} {
  const lines: WrittenLine[] = [];
  let diverged: DivergedLine | undefined;
  for (let from = 0; ;) {
    const end = content.indexOf(10, from);
    const line = end < 0 ? undefined : parse(content.subarray(from, end));
    if (line === undefined) return { lines, diverged };
    if ("diverged" in line) diverged = line;
    else lines.push(line);
    from = end + 1;
  }
}

/** The length of the whole lines of at most a step, and the last of them. */
function linesUpTo(content: Uint8Array, step: number): { bytes: number; last: WrittenLine | undefined } {
  let bytes = 0;
  let last: WrittenLine | undefined;
  for (;;) {
    const end = content.indexOf(10, bytes);
    const line = end < 0 ? undefined : parse(content.subarray(bytes, end));
    if (line === undefined || "diverged" in line || !(line.step <= step)) return { bytes, last };
    last = line;
    bytes = end + 1;
  }
}

function parse(line: Uint8Array): WrittenLine | DivergedLine | undefined {
  try {
    const parsed = JSON.parse(new TextDecoder().decode(line)) as WrittenLine | DivergedLine | null;
    return typeof parsed === "object" && parsed !== null ? parsed : undefined;
  } catch {
    return undefined;
  }
}
