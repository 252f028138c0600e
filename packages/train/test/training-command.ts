/** `train` as a user runs it: a process of its own, in a folder of its own. */
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeCheckpoint, type Checkpoint } from "@ncsn/core";
import { timeFields } from "../src/metrics.ts";

const cli = join(import.meta.dirname, "../dist/cli.js");

/** A net so small that a step takes milliseconds; on the engine that has the backend cpu, onnxruntime. */
export const tinyRun = "--dataset mixture --backend cpu --width 8 --layers 1 --features 4 --batch 8".split(
  " ",
);

export interface Outcome {
  /** Null where a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly done: Promise<Outcome>;
  /** Resolves when stderr holds a text, or the process has ended. */
  said(text: string): Promise<void>;
  kill(signal: NodeJS.Signals): void;
}

/** Starts `train` in a folder. */
export const startTraining = (folder: string, ...args: readonly string[]): Running =>
  startCommand(folder, "train", ...args);

/** Starts the command line in a folder. */
export function startCommand(folder: string, ...args: readonly string[]): Running {
  const child = spawn(process.execPath, [cli, ...args], { cwd: folder });
  let [stdout, stderr] = ["", ""];
  let look = (): void => undefined;
  child.stdout.on("data", (data: Buffer) => (stdout += data.toString()));
  child.stderr.on("data", (data: Buffer) => {
    stderr += data.toString();
    look();
  });
  const done = new Promise<Outcome>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
  return {
    done,
    said: (text) =>
      Promise.race([
        done.then(() => undefined),
        new Promise<void>((resolve) => {
          look = () => {
            if (stderr.includes(text)) resolve();
          };
          look();
        }),
      ]),
    kill: (signal) => child.kill(signal),
  };
}

/** Runs `train` in a folder to its end. */
export const trainIn = (folder: string, ...args: readonly string[]): Promise<Outcome> =>
  startTraining(folder, ...args).done;

/** A folder that is gone at the end of the test file. */
export function workFolder(atEnd: (clean: () => void) => void): string {
  const folder = mkdtempSync(join(tmpdir(), "ncsn-train-"));
  atEnd(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export const checkpointOf = (folder: string, name: string): Checkpoint =>
  decodeCheckpoint(readFileSync(join(folder, "runs", name, "checkpoint.safetensors")));

/** The lines of a run's metrics, times aside. */
export function metricsOf(folder: string, name: string): Record<string, unknown>[] {
  const text = readFileSync(join(folder, "runs", name, "metrics.jsonl"), "utf8");
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => {
      const entries = Object.entries(JSON.parse(line) as Record<string, unknown>);
      return Object.fromEntries(
        entries.filter(([field]) => !(timeFields as readonly string[]).includes(field)),
      );
    });
}

/** The pictures of a run, by name. */
export function samplesOf(folder: string, name: string): Record<string, string> {
  const path = join(folder, "runs", name, "samples");
  return Object.fromEntries(
    readdirSync(path).map((file) => [file, readFileSync(join(path, file), "base64")]),
  );
}

/** The report of a run, its speed aside and without its name. */
export function reportOf(folder: string, name: string): string {
  const html = readFileSync(join(folder, "runs", name, "report.html"), "utf8");
  const named = [`Training run ${name}<`, `<td>${name}</td>`, `&quot;name&quot;: &quot;${name}&quot;`];
  const nameless = named.reduce((text, place) => text.replaceAll(place, "NAMED"), html);
  return nameless.replace(/<section>\n<h2>Speed<\/h2>[^]*?<\/section>/, "");
}
