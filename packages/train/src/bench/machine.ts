/** What a measurement was made on. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { arch, availableParallelism, cpus, loadavg, platform, totalmem } from "node:os";
import { cores } from "@ncsn/infer/node";

/** A machine and the versions on it. */
export interface Machine {
  /** The processor's name for itself. */
  readonly cpu: string;
  /** Cores that are computed on. */
  readonly cores: number;
  /** Threads that the machine runs at once. */
  readonly threads: number;
  /** Bytes. */
  readonly memory: number;
  readonly platform: string;
  readonly node: string;
  readonly onnxruntime: string;
}

/** This machine. */
export const thisMachine = (): Machine => ({
  cpu: cpus()[0]?.model.trim() || "unknown processor",
  cores: cores(),
  threads: availableParallelism(),
  memory: totalmem(),
  platform: `${platform()} ${arch()}`,
  node: process.versions.node,
  onnxruntime: versionOf("onnxruntime-node"),
});

/** A sentence where other programs are at work, which slows contenders unequally: threads that wait for each other most. */
export function otherWork(): string | undefined {
  const [load] = loadavg(); // of the last minute; zeros on Windows
  if (load < cores() / 2) return undefined;
  return `other programs keep this machine busy (load average ${load.toFixed(1)} on ${cores()} cores): measure again when it is idle`;
}

function versionOf(name: string): string {
  try {
    const file = createRequire(import.meta.url).resolve(`${name}/package.json`);
    return (JSON.parse(readFileSync(file, "utf8")) as { readonly version: string }).version;
  } catch {
    return "unknown";
  }
}
