/** What has been measured, in a file that is whole after every measurement, so that a stopped `--all` goes on. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { UsageError } from "../../cli/usage-error.ts";
import { writeAtomically } from "../../run/atomic-write.ts";

/** One measurement: what was typed, of which files, and what came out. */
export interface Measurement {
  /** The arguments of `pnpm evaluate`. */
  readonly command: string;
  /** SHA-256 of each file that it is about, by path. */
  readonly files: Readonly<Record<string, string>>;
  readonly findings: Findings;
}

/** Numbers by name, with groups of them within. */
export interface Findings {
  readonly [name: string]: number | string | readonly number[] | Findings;
}

/** Measurements by name. */
export type Results = Readonly<Record<string, Measurement>>;

/** The results of a file; none where there is no file. @throws UsageError for a file that is something else */
export async function readResults(path: string): Promise<Results> {
  if (!existsSync(path)) return {};
  let results: { readonly version?: unknown; readonly measurements?: Results } | null;
  try {
    results = JSON.parse(await readFile(path, "utf8")) as typeof results;
  } catch {
    throw new UsageError(`${path} is not JSON; move it away to measure anew`);
  }
  if (results?.version !== 1 || results.measurements === undefined)
    throw new UsageError(`${path} holds no results of version 1; move it away to measure anew`);
  return results.measurements;
}

/** Writes results, in the order of `names`; others are dropped. */
export async function writeResults(path: string, results: Results, names: readonly string[]): Promise<void> {
  const kept = Object.fromEntries(names.flatMap((name) => (name in results ? [[name, results[name]]] : [])));
  await writeAtomically(path, `${JSON.stringify({ version: 1, measurements: kept }, undefined, 2)}\n`);
}

/** Whether a result is still that of its command: the same arguments, and the files as they were. */
export const isCurrent = (found: Measurement | undefined, command: string, root: string): boolean =>
  found?.command === command &&
  Object.entries(found.files).every(([path, hash]) => hashOf(join(root, path)) === hash);

/** The results that are {@link isCurrent}. */
export const currentOf = (
  results: Results,
  measurements: Readonly<Record<string, string>>,
  root: string,
): Results =>
  Object.fromEntries(
    Object.entries(results).filter(
      ([name, found]) => name in measurements && isCurrent(found, measurements[name], root),
    ),
  );

/** SHA-256 of a file, hexadecimal; undefined where there is none. */
export const hashOf = (path: string): string | undefined =>
  existsSync(path) ? createHash("sha256").update(readFileSync(path)).digest("hex") : undefined;
