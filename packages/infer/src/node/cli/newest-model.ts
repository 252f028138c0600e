import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { UsageError } from "./usage-error.ts";

const folder = "models";

/** The model file that was written last. @throws UsageError where there is none */
export async function newestModel(): Promise<string> {
  const names = await readdir(folder).catch(() => []);
  const files = names.filter((name) => name.endsWith(".onnx")).map((name) => join(folder, name));
  const times = await Promise.all(files.map(async (file) => (await stat(file)).mtimeMs));
  const newest = times.indexOf(Math.max(...times));
  if (newest < 0)
    throw new UsageError(
      `no model in ${folder}/: give --model FILE, or make one with pnpm train and pnpm export`,
    );
  return files[newest];
}
