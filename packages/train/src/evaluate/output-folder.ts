/** The folder of an evaluation's files. */
import { mkdir, rmdir } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { UsageError } from "../cli/usage-error.ts";

/**
 * Does what writes to a folder. It is there before, so that one that cannot be is refused before anything is measured;
 * what was made of it goes again where the work fails and has left nothing there.
 * @throws UsageError where the folder cannot be, and what `work` throws
 */
export async function inFolder<Result>(folder: string, work: () => Promise<Result>): Promise<Result> {
  const first = await mkdir(folder, { recursive: true }).catch((error: Error) => {
    throw new UsageError(`cannot write to ${folder}: ${error.message}`, { cause: error });
  });
  try {
    return await work();
  } catch (error) {
    if (first !== undefined) await removeEmpty(resolve(folder), resolve(first));
    throw error;
  }
}

/** Removes a folder and those that it lies in, up to `first`, as long as they are empty. */
async function removeEmpty(folder: string, first: string): Promise<void> {
  const removed = await rmdir(folder).then(
    () => true,
    () => false, // there is something in it: another evaluation's, say
  );
  if (removed && folder !== first) await removeEmpty(dirname(folder), first);
}
