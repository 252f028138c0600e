import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { ModelError } from "../model.ts";

/**
 * The bytes of a model file.
 * @param source path, or a URL of file:, http: or https:, also as text
 * @throws ModelError where there are none
 */
export async function readModel(
  source: string | URL | Uint8Array,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  if (source instanceof Uint8Array) return source;
  const url =
    source instanceof URL ? source : /^(https?|file):\/\//.test(source) ? new URL(source) : undefined;
  return url !== undefined && url.protocol !== "file:"
    ? download(url, signal)
    : readLocal(url ? fileURLToPath(url) : String(source), signal);
}

async function readLocal(path: string, signal: AbortSignal | undefined): Promise<Uint8Array> {
  try {
    return await readFile(path, { signal });
  } catch (error) {
    signal?.throwIfAborted();
    const { code, message } = error as NodeJS.ErrnoException;
    const why = { ENOENT: "there is no such file", EISDIR: "it is a folder", EACCES: "permission denied" }[
      code ?? ""
    ];
    throw new ModelError(`cannot read the model ${path}: ${why ?? message}`, { cause: error });
  }
}

async function download(url: URL, signal: AbortSignal | undefined): Promise<Uint8Array> {
  const response = await fetch(url, { signal }).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw new ModelError(`cannot download the model ${url.href}: ${(error as Error).message}`, {
      cause: error,
    });
  });
  if (!response.ok)
    throw new ModelError(`cannot download the model ${url.href}: ${response.status} ${response.statusText}`);
  return new Uint8Array(await response.arrayBuffer());
}
