/** One writer per run: a file with the process that writes, which counts only as long as that process lives. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { RunError } from "./run-error.ts";

interface Owner {
  readonly pid: number;
  readonly host: string;
  /** When the process began, in the kernel's clock: process numbers are used again, this pair is not. */
  readonly began: string | null;
}

/**
 * Takes a folder's lock, or takes over that of a process that is gone.
 * @returns the function that gives it back; the end of the process does so too
 * @throws RunError where a living process, or one of another machine, holds it
 */
export function lock(folder: string): () => void {
  const path = join(folder, "lock");
  const own = JSON.stringify({
    pid: process.pid,
    host: hostname(),
    began: beganAt(process.pid),
  } satisfies Owner);
  if (!create(path, own)) {
    const owner = read(path);
    if (owner !== undefined && alive(owner)) {
      const where = owner.host === hostname() ? "" : ` on ${owner.host}`;
      throw new RunError(
        `${folder} is being written by process ${owner.pid}${where}; if it is not, delete ${path}`,
      );
    }
    rmSync(path, { force: true });
    if (!create(path, own)) throw new RunError(`${folder} has just been taken by another process`);
  }
  const release = (): void => {
    process.off("exit", release);
    rmSync(path, { force: true });
  };
  process.on("exit", release);
  return release;
}

/** Makes a file that is not there yet; false where it is. */
function create(path: string, content: string): boolean {
  try {
    writeFileSync(path, content, { flag: "wx" });
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
}

/** The owner, or undefined where a process was killed while it wrote its name. */
function read(path: string): Owner | undefined {
  try {
    const owner = JSON.parse(readFileSync(path, "utf8")) as Partial<Owner>;
    const { pid, host, began = null } = owner;
    return pid === undefined || host === undefined ? undefined : { pid, host, began };
  } catch {
    return undefined;
  }
}

/** Whether a process lives; one of another machine cannot be asked and is taken to. */
function alive({ pid, host, began }: Owner): boolean {
  if (host !== hostname()) return true;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return codeOf(error) === "EPERM";
  }
  return began === null || began === beganAt(pid);
}

/** Field 22 of /proc/PID/stat, where there is such a file. */
function beganAt(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? null; // the name before may hold anything
  } catch {
    return null;
  }
}

const codeOf = (error: unknown): unknown =>
  error instanceof Error && "code" in error ? error.code : undefined;
