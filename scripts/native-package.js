/**
 * Finding an installed npm package whose native part has to be added, and changing its files so that neither a failure
 * nor Ctrl-C nor a kill leaves it half-made.
 *
 * @module
 */
import { existsSync, readFileSync } from "node:fs";
import { copyFile, mkdir, readdir, rename, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Failure } from "./command.js";

/** The repository's folder. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * The folder of an npm package as the workspace package that depends on it sees it.
 *
 * @param {string} name
 * @param {"core" | "train" | "export" | "infer"} dependent
 */
export function packageFolder(name, dependent) {
  // Looked up as a path: a package's `exports` may hide its package.json.
  const folders = createRequire(join(root, "packages", dependent, "package.json")).resolve.paths(name) ?? [];
  const found = folders
    .map((folder) => join(folder, name))
    .find((folder) => existsSync(join(folder, "package.json")));
  if (found === undefined) throw new Failure(`${name} is not installed: run pnpm install first`);
  return found;
}

/** @param {string} folder */
export function manifestOf(folder) {
  const text = readFileSync(join(folder, "package.json"), "utf8");
  return /** @type {{ name: string; version: string; scripts?: Record<string, string> }} */ (
    JSON.parse(text)
  );
}

/**
 * Replaces parts of a package: `build` starts without them and writes them anew; if it fails, the old ones are put
 * back. A run that was killed is undone by the next one: what was set aside lies in `.moving` while parts go there or
 * come back (nothing new exists then) and in `.before` while the build runs.
 *
 * @param {string} folder
 * @param {readonly string[]} parts File or folder names inside `folder`.
 * @param {() => Promise<void>} build
 * @param {{ kept?: string }} [options] kept: a file that the build may edit, to be as before in any case.
 */
export async function replaceParts(folder, parts, build, { kept } = {}) {
  const moving = join(folder, ".moving");
  const before = join(folder, ".before");
  const done = join(folder, ".done");
  const undo = async () => {
    if (existsSync(before)) {
      for (const part of parts) await rm(join(folder, part), { recursive: true, force: true });
      await rename(before, moving);
    }
    if (!existsSync(moving)) return;
    for (const part of await readdir(moving)) {
      if (part.endsWith(partial)) continue;
      await rename(join(moving, part), join(folder, part));
    }
    await rm(moving, { recursive: true });
  };

  await undo();
  await mkdir(moving);
  if (kept !== undefined) {
    await copyWhole(join(folder, kept), join(moving, kept));
    await copyWhole(join(folder, kept), join(folder, kept)); // now a file of its own, no hard link into pnpm's store
  }
  for (const part of parts) {
    if (existsSync(join(folder, part))) await rename(join(folder, part), join(moving, part));
  }
  await rename(moving, before);
  try {
    await build();
  } catch (error) {
    await undo();
    throw error;
  }
  if (kept !== undefined) await rename(join(before, kept), join(folder, kept));
  await rm(done, { recursive: true, force: true });
  await rename(before, done);
  await rm(done, { recursive: true });
}

const partial = ".partial";

/** @param {string} from @param {string} to Never seen incomplete. */
async function copyWhole(from, to) {
  await copyFile(from, to + partial);
  await rename(to + partial, to);
}
