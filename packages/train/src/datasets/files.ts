/** Reading the files of a data set from a folder: gzipped or not, each failure in one line. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { DatasetError, systemCode } from "./dataset-error.ts";

const inflate = promisify(gunzip);

/**
 * The names in a folder, sorted.
 * @throws DatasetError where there is no such folder
 */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    const code = systemCode(error);
    if (code === "ENOENT") throw new DatasetError(`missing folder: ${folder}`, { cause: error });
    if (code === "ENOTDIR") throw new DatasetError(`not a folder: ${folder}`, { cause: error });
    throw new DatasetError(`cannot read folder: ${folder} (${code})`, { cause: error });
  }
}

/**
 * The first of `names` that `folder` has, each tried as it is and with `.gz`.
 * @throws DatasetError naming the first where it has none
 */
export async function findFile(folder: string, names: readonly string[]): Promise<string> {
  const present = new Set(await namesIn(folder));
  const found = names.flatMap((name) => [name, `${name}.gz`]).find((name) => present.has(name));
  if (found === undefined)
    throw new DatasetError(`missing file: ${join(folder, names[0])} (or ${names[0]}.gz)`);
  return join(folder, found);
}

/**
 * A file's bytes, unpacked if it is gzipped, which its first two bytes tell.
 * @throws DatasetError where it cannot be read, or its gzip is truncated or damaged
 */
export async function readUnpacked(path: string): Promise<Uint8Array> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    const code = systemCode(error);
    throw new DatasetError(
      code === "ENOENT" ? `missing file: ${path}` : `cannot read file: ${path} (${code})`,
      {
        cause: error,
      },
    );
  }
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return await inflate(bytes);
  } catch (error) {
    const what = systemCode(error) === "Z_BUF_ERROR" ? "truncated" : "damaged";
    throw new DatasetError(`${what} gzip: ${path} (${bytes.length} bytes; copy or download it again)`, {
      cause: error,
    });
  }
}
