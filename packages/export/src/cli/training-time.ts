/** How long a run was trained, from the metrics beside its checkpoint. */
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/**
 * Seconds in steps up to a step, as the last line of `metrics.jsonl` not after it has them; undefined where there is no
 * such file or line.
 * @param checkpoint the path of the checkpoint
 */
export async function trainingTime(checkpoint: string, step: number): Promise<number | undefined> {
  const text = await readFile(join(dirname(checkpoint), "metrics.jsonl"), "utf8").catch(() => "");
  for (const line of text.split("\n").toReversed()) {
    const { step: at, seconds } = parsed(line);
    if (typeof at === "number" && at <= step && typeof seconds === "number") return seconds;
  }
  return undefined;
}

/** What a line says; nothing where it was left half-written. */
function parsed(line: string): { readonly step?: unknown; readonly seconds?: unknown } {
  try {
    return JSON.parse(line) as object;
  } catch {
    return {};
  }
}
