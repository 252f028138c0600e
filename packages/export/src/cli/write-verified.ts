/** Files that are right or not there. */
import { mkdir, open, rename, rm } from "node:fs/promises";
import { rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { UsageError } from "./usage-error.ts";

/**
 * Writes bytes to a temporary file beside `path`, has it checked, and renames it to `path`. Whatever goes wrong, and
 * on Ctrl-C, the temporary file goes and what was at `path` stays.
 * @param check looks at the temporary file; what it throws is thrown
 * @throws UsageError where the disk refuses
 */
export async function writeVerified<Result>(
  path: string,
  bytes: Uint8Array,
  check: (temporary: string) => Promise<Result>,
): Promise<Result> {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
  const remove = (): void => rmSync(temporary, { force: true });
  const interrupted = (signal: NodeJS.Signals): void => {
    remove();
    process.exit(signal === "SIGINT" ? 130 : 143);
  };
  process.on("SIGINT", interrupted).on("SIGTERM", interrupted);
  try {
    await orUsageError(path, () => write(temporary, bytes));
    const result = await check(temporary);
    await orUsageError(path, () => publish(temporary, path));
    return result;
  } finally {
    process.off("SIGINT", interrupted).off("SIGTERM", interrupted);
    await rm(temporary, { force: true }).catch(() => undefined); // an error here would hide the one that matters
  }
}

async function write(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(path)).catch(() => undefined); // where it is there, or cannot be made, opening says so
  const file = await open(path, "w");
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function publish(temporary: string, path: string): Promise<void> {
  await rename(temporary, path);
  if (process.platform === "win32") return; // which cannot open folders, and has no need to
  const folder = await open(dirname(path), "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function orUsageError(path: string, act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    throw new UsageError(`cannot write ${path}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}
