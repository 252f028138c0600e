/** The model that `sample` takes where none is named. */
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { CardError, judgeCardKey, readCard, readMetadata } from "@ncsn/core";
import { UsageError } from "./usage-error.ts";

const folder = "models";
const runs = "runs";
/** The file that comes with the repository to be sampled from. */
const shipped = "mnist.onnx";

/** A model, and why it is meant, for people. */
export interface UsualModel {
  readonly path: string;
  readonly why: string;
}

/**
 * The file in models/ that was written last of those of a run in runs/; without such, mnist.onnx, and without that the
 * file that was written last. Times alone say nothing of a clone, whose files are all of one moment, and names alone
 * nothing of a run that is called like a file of the clone: the run's own is younger than the run. A judge never is it.
 * @param root where the two folders lie
 * @throws UsageError where there is no model
 */
export async function usualModel(root = ""): Promise<UsualModel> {
  const names = await readdir(join(root, folder)).catch(() => []);
  const paths = names.filter((name) => name.endsWith(".onnx")).map((name) => join(root, folder, name));
  const found = (await Promise.all(paths.toSorted().map(modelFile))).filter((file) => file !== undefined);
  const files = found.toSorted((a, b) => b.time - a.time); // stable: of one time, by name
  const begun = await beginnings(join(root, runs));

  const own = files.find(({ name, time }) => name !== undefined && time > (begun.get(name) ?? Infinity));
  if (own) return { path: own.path, why: `the newest of the runs in ${runs}/` };
  const ready = files.find(({ path }) => path === join(root, folder, shipped));
  if (ready) return { path: ready.path, why: `as there is none of a run in ${runs}/` };
  const [newest] = files;
  if (newest) return { path: newest.path, why: "the newest" };
  throw new UsageError(
    `no model in ${folder}/: give --model FILE, or make one with pnpm train and pnpm export`,
  );
}

/** A file in models/. */
interface ModelFile {
  readonly path: string;
  /** When it was written. */
  readonly time: number;
  /** What its card calls it, which is the name of its run; of a file without a card its reader will complain. */
  readonly name: string | undefined;
}

/** When each run began, by its name: its configuration is written then, and never again. */
async function beginnings(folder: string): Promise<ReadonlyMap<string, number>> {
  const names = await readdir(folder).catch(() => []);
  const times = await Promise.all(
    names.map(async (name) => {
      const config = await stat(join(folder, name, "config.json")).catch(() => undefined);
      return [name, config?.mtimeMs ?? Infinity] as const;
    }),
  );
  return new Map(times);
}

/** Undefined for a judge of samples. */
async function modelFile(path: string): Promise<ModelFile | undefined> {
  const { mtimeMs: time } = await stat(path);
  try {
    const bytes = await readFile(path);
    if (readMetadata(bytes, judgeCardKey) !== undefined) return undefined;
    return { path, time, name: readCard(bytes).name };
  } catch (error) {
    if (error instanceof CardError) return { path, time, name: undefined };
    throw error;
  }
}
