import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

/**
 * The number of cores to compute on: physical ones, for two threads of a core share its arithmetic, and no more than
 * a container's quota.
 */
export function cores(): number {
  const logical = availableParallelism();
  const physical =
    process.platform === "linux"
      ? linuxCores(logical)
      : process.arch === "x64"
        ? Math.ceil(logical / 2)
        : logical;
  return Math.max(1, Math.min(physical, logical, Math.floor(quota())));
}

function linuxCores(logical: number): number {
  const siblings = new Set<string>();
  for (let cpu = 0; cpu < logical; cpu++) {
    const list = read(`/sys/devices/system/cpu/cpu${cpu}/topology/thread_siblings_list`);
    siblings.add(list ?? String(cpu));
  }
  return siblings.size;
}

/** CPUs' worth of time that the control group grants; less than one counts as one. */
function quota(): number {
  const [limit, period] = (read("/sys/fs/cgroup/cpu.max") ?? "max").split(" ").map(Number);
  return limit > 0 && period > 0 ? Math.max(1, limit / period) : Infinity;
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    return undefined;
  }
}
