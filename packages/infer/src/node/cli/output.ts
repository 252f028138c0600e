/** Where samples go: the kind of file by its name, checked before the work, written whole or not at all. */
import { constants } from "node:fs";
import { access, mkdir, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, extname, join, resolve } from "node:path";
import { UsageError } from "./usage-error.ts";

/** What can be written. */
export type OutputKind = "png" | "svg" | "gif" | "npy" | "folder";

/** A place for samples. */
export interface Output {
  readonly path: string;
  readonly kind: OutputKind;
}

/** A file by its name in a folder, or the one file by the name "". */
export type Files = ReadonlyMap<string, Uint8Array>;

/** @throws UsageError for an ending that is none of ours */
export function outputOf(path: string): Output {
  const ending = extname(path).toLowerCase();
  if (ending === "" || path.endsWith("/")) return { path, kind: "folder" };
  const kind = ([".png", ".svg", ".gif", ".npy"] as const).find((known) => known === ending);
  if (kind === undefined)
    throw new UsageError(`invalid out: ${path} (need a name in .png, .svg, .gif or .npy, or a folder)`);
  return { path, kind: kind.slice(1) as OutputKind };
}

/** Whether it will be possible to write there. @throws UsageError */
export async function checkOutput({ path, kind }: Output): Promise<void> {
  const there = await stat(path).catch(() => undefined);
  if (there && there.isDirectory() !== (kind === "folder"))
    throw new UsageError(`cannot write ${path}: it is a ${kind === "folder" ? "file" : "folder"}`);
  if (there && kind === "folder") await checkFolder(path);
  let folder = there && kind === "folder" ? resolve(path) : dirname(resolve(path));
  for (;;) {
    const found = await stat(folder).catch(() => undefined);
    if (found !== undefined) {
      if (!found.isDirectory()) throw new UsageError(`cannot write ${path}: ${folder} is not a folder`);
      break;
    }
    folder = dirname(folder);
  }
  await access(folder, constants.W_OK | constants.X_OK).catch(() => {
    throw new UsageError(`cannot write ${path}: no permission to write in ${folder}`);
  });
}

/** A folder that is there may hold samples, to which others are added, and nothing else. @throws UsageError */
async function checkFolder(path: string): Promise<void> {
  const entries = await readdir(path, { withFileTypes: true }).catch((error: unknown) => {
    throw new UsageError(`cannot write ${path}: ${(error as Error).message}`, { cause: error });
  });
  const other = entries.find((entry) => !entry.isFile() || !/^\d{4,}\.png$/.test(entry.name));
  if (other !== undefined)
    throw new UsageError(
      `cannot write ${path}: it holds ${other.name}, which is no sample (need a new folder, or one of samples)`,
    );
}

/** Writes beside the place first and moves then: there is never half a file, nor after a failure anything. */
export async function writeOutput({ path, kind }: Output, files: Files, signal: AbortSignal): Promise<void> {
  const target = resolve(path);
  const temporary = `${target}.${process.pid}.part`;
  try {
    await mkdir(kind === "folder" ? temporary : dirname(target), { recursive: true });
    for (const [name, bytes] of files)
      await writeFile(name === "" ? temporary : join(temporary, name), bytes, { signal });
    if (kind === "folder" && (await stat(target).catch(() => undefined))) {
      for (const name of await readdir(temporary)) await rename(join(temporary, name), join(target, name));
    } else await rename(temporary, target);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}
