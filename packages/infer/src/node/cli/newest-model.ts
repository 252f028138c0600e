import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { CardError, judgeCardKey, readMetadata } from "@ncsn/core";
import { UsageError } from "./usage-error.ts";

const folder = "models";

/** The model file that was written last, judges of samples apart. @throws UsageError where there is none */
export async function newestModel(): Promise<string> {
  const names = await readdir(folder).catch(() => []);
  const paths = names.filter((name) => name.endsWith(".onnx")).map((name) => join(folder, name));
  const judges = await Promise.all(paths.map(isJudge));
  const files = paths.filter((_, i) => !judges[i]);
  const times = await Promise.all(files.map(async (file) => (await stat(file)).mtimeMs));
  const newest = times.indexOf(Math.max(...times));
  if (newest < 0)
    throw new UsageError(
      `no model in ${folder}/: give --model FILE, or make one with pnpm train and pnpm export`,
    );
  return files[newest];
}

/** Whether a file is a judge's; of one that is no model at all its reader says so. */
async function isJudge(path: string): Promise<boolean> {
  try {
    return readMetadata(await readFile(path), judgeCardKey) !== undefined;
  } catch (error) {
    if (error instanceof CardError) return false;
    throw error;
  }
}
