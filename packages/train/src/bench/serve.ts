/**
 * The measured side of the bench: a process that does what it is told, a line at a time, and sleeps in between, so that
 * contenders can take turns while all of them live on. Answers are a line each; the first line is a {@link Hello}.
 */
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

/** What a contender says of itself before it is asked anything. */
export interface Hello {
  /** What runs here, for people: "ONNX Runtime on cpu, 2 sessions". */
  readonly description: string;
  /** Of the network. */
  readonly parameters: number;
}

/** What can be asked: `train N` and `sample N` are answered with seconds, `memory` with bytes. */
export type Command = "train" | "sample" | "memory";

/** Does some repetitions of what is measured. */
export type Work = (repetitions: number) => Promise<void>;

/** Answers commands until its input ends. */
export async function serve(hello: Hello, work: Partial<Record<Command, Work>>): Promise<void> {
  console.log(JSON.stringify(hello));
  for await (const line of createInterface({ input: process.stdin })) {
    const [command, repetitions] = line.split(" ");
    if (command === "memory") {
      console.log(peakMemory());
      continue;
    }
    const run = work[command as Command];
    if (run === undefined)
      throw new Error(`unknown command: ${line} (known: ${Object.keys(work).join(", ")})`);
    const began = performance.now();
    await run(Number(repetitions));
    console.log((performance.now() - began) / 1000);
  }
}

/** Bytes of this process's largest resident set so far, threads and native libraries included. */
function peakMemory(): number {
  try {
    // Not getrusage's where there is a choice: that begins with the parent's, from before exec.
    const [, kilobytes] = /VmHWM:\s*(\d+) kB/.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
    if (kilobytes !== undefined) return 1024 * Number(kilobytes);
  } catch {
    // not on Linux
  }
  return 1024 * process.resourceUsage().maxRSS;
}
