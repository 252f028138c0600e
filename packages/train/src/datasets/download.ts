/**
 * Data files from the network, kept in a cache. A file enters the cache whole and with the right checksum or not at
 * all: it is written under another name, compared, synced, and then renamed.
 */
import { createHash, type Hash } from "node:crypto";
import { rmSync } from "node:fs";
import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { DatasetError, systemCode } from "./dataset-error.ts";
import { progressBar } from "./progress-bar.ts";

/** A file of a data set as its publishers describe it. */
export interface RemoteFile {
  readonly name: string;
  /** MD5 in hexadecimal, the checksum that the publishers give. */
  readonly md5: string;
}

/** The folder for files of one data set: `ncsn/NAME` in $XDG_CACHE_HOME, or else in ~/.cache. */
export function cacheFolder(name: string): string {
  const configured = process.env["XDG_CACHE_HOME"] ?? "";
  return join(isAbsolute(configured) ? configured : join(homedir(), ".cache"), "ncsn", name);
}

/**
 * The path of `file` in `folder`; if it is not there with the right checksum, it is fetched from the first mirror that
 * has it. An interrupt removes what was written so far and then takes its usual course.
 * @param mirrors addresses that end before the file's name
 * @throws DatasetError where no mirror gives the file
 */
export async function cached(file: RemoteFile, folder: string, mirrors: readonly string[]): Promise<string> {
  const path = join(folder, file.name);
  if ((await md5Of(path)) === file.md5) return path;
  await prepare(folder, file.name);
  const partial = join(folder, `${file.name}.${process.pid}.partial`);
  const failures: Failure[] = [];
  for (const mirror of mirrors) {
    const failure = await interruptible(partial, (signal) => fetchTo(mirror, file, partial, signal));
    if (failure === undefined) {
      await rename(partial, path);
      return path;
    }
    await rm(partial, { force: true });
    failures.push(failure);
  }
  throw new DatasetError(explain(file.name, failures));
}

/** Why a mirror did not give a file. */
interface Failure {
  readonly kind: "network" | "answer" | "checksum";
  readonly url: string;
  readonly reason: string;
}

async function fetchTo(
  mirror: string,
  { name, md5 }: RemoteFile,
  partial: string,
  signal: AbortSignal,
): Promise<Failure | undefined> {
  const url = `${mirror}${name}`;
  const hash = createHash("md5");
  try {
    const response = await fetch(url, { signal, headers: { "accept-encoding": "identity" } });
    if (!response.ok || response.body === null)
      return { kind: "answer", url, reason: `HTTP ${response.status}` };
    process.stderr.write(`downloading ${url}\n`);
    await save(response.body, Number(response.headers.get("content-length") ?? 0), name, partial, hash);
  } catch (error) {
    if (error instanceof DatasetError) throw error;
    if (signal.aborted) throw new DatasetError(`interrupted download: ${name}`, { cause: error });
    return { kind: "network", url, reason: systemCode(error) ?? String(error) };
  }
  const got = hash.digest("hex");
  return got === md5 ? undefined : { kind: "checksum", url, reason: `MD5 ${got}, need ${md5}` };
}

/** Writes a body to `partial` and to disk, hashing it on the way. */
async function save(
  body: ReadableStream<Uint8Array>,
  bytes: number,
  name: string,
  partial: string,
  hash: Hash,
): Promise<void> {
  const file = await writing(partial, () => open(partial, "w"));
  const bar = bytes > 0 ? progressBar(name, Math.round(bytes / 1e5) / 10, "MB") : undefined;
  try {
    let done = 0;
    for await (const chunk of body) {
      hash.update(chunk);
      await writing(partial, () => file.appendFile(chunk));
      done += chunk.length;
      bar?.update(Math.round(done / 1e5) / 10);
    }
    await writing(partial, () => file.sync());
  } finally {
    bar?.stop();
    await file.close();
  }
}

/** Does what writes to the cache; a failure there is not the mirror's. */
async function writing<T>(path: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    throw new DatasetError(`cannot write to the cache: ${path} (${systemCode(error)})`, { cause: error });
  }
}

/** Makes the folder, and removes what a process that is gone left of this file. */
async function prepare(folder: string, name: string): Promise<void> {
  await writing(folder, () => mkdir(folder, { recursive: true }));
  for (const entry of await readdir(folder)) {
    const owner = entry.startsWith(`${name}.`) && /\.(\d+)\.partial$/.exec(entry)?.[1];
    if (owner && !isRunning(Number(owner))) await rm(join(folder, entry), { force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) === "EPERM";
  }
}

/** Runs `work`; an interrupt removes `partial`, aborts, and ends the process unless someone else handles it. */
async function interruptible<T>(partial: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const stop = (signal: NodeJS.Signals) => {
    rmSync(partial, { force: true });
    controller.abort();
    process.off(signal, stop);
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, stop);
  try {
    return await work(controller.signal);
  } finally {
    for (const signal of signals) process.off(signal, stop);
  }
}

function explain(name: string, failures: readonly Failure[]): string {
  const each = failures.map(({ url, reason }) => `${url}: ${reason}`).join("; ");
  const byHand = "with the files in a folder, pass --data FOLDER";
  if (failures.every(({ kind }) => kind === "network"))
    return `no network: cannot fetch ${name} (${each}); ${byHand}`;
  if (failures.some(({ kind }) => kind === "checksum")) return `wrong checksum: ${name} (${each}); ${byHand}`;
  return `all mirrors failed: ${name} (${each}); ${byHand}`;
}

async function md5Of(path: string): Promise<string | undefined> {
  try {
    return createHash("md5")
      .update(await readFile(path))
      .digest("hex");
  } catch {
    return undefined; // not there, or not readable: fetched anew, and then writing says why it cannot be
  }
}
