/** `pnpm export` as a user runs it: a process of its own, in a folder of its own. */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeCheckpoint, type Probe, type Tensor } from "@ncsn/core";
import { afterAll } from "vitest";
import { trainedModel, type TrainedModel } from "../trained-model.ts";

const cli = join(import.meta.dirname, "../../dist/cli.js");

/** Models that are quickly checked: of points, small and with weights enough to halve, and of images with classes. */
export const trained = {
  points: trainedModel({ network: "mlp", options: { width: 8, layers: 1, features: 4 }, shape: [2, 1, 1] }),
  large: trainedModel({ network: "mlp", options: { width: 40 }, shape: [2, 1, 1] }),
  classes: trainedModel({ options: { channels: 4, multipliers: [1, 2], classes: 2 }, shape: [1, 4, 4] }),
};

/** What became of a command. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What of a run is not as its model has it. */
export interface Saved {
  /** Of the run; its folder's unless told. */
  readonly name?: string;
  readonly probe?: Probe;
  readonly parameters?: ReadonlyMap<string, Tensor>;
  readonly engine?: string;
}

/** A folder to export in. */
export interface Workplace {
  readonly folder: string;
  /** Runs the command in it; `during` sees its stderr as it grows. */
  readonly run: (
    args: readonly string[],
    during?: (stderr: string, kill: () => void) => void,
  ) => Promise<Outcome>;
  /** Writes runs/NAME/checkpoint.safetensors. @returns its path */
  readonly save: (name: string, model: TrainedModel, saved?: Saved) => string;
  /** The names of the files in models/. */
  readonly models: () => string[];
}

/** A folder that is there until the tests of the file are over. */
export function workplace(): Workplace {
  const folder = mkdtempSync(join(tmpdir(), "ncsn-export-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return {
    folder,
    run(args, during) {
      const child = spawn(process.execPath, [cli, ...args], { cwd: folder });
      let [stdout, stderr] = ["", ""];
      child.stdout.on("data", (data: Buffer) => (stdout += data.toString()));
      child.stderr.on("data", (data: Buffer) => {
        stderr += data.toString();
        during?.(stderr, () => child.kill("SIGINT"));
      });
      return new Promise((resolve, reject) => {
        child.on("error", reject);
        child.on("close", (code) => resolve({ code, stdout, stderr }));
      });
    },
    save(name, { config, ...model }, { probe, parameters, engine, ...saved } = {}) {
      const tensors = parameters ?? model.parameters;
      const checkpoint = {
        config: { ...config, name: saved.name ?? name },
        step: 7,
        probe: probe ?? model.probe(),
        ...(engine !== undefined && { engine }),
        state: new Map([...tensors].map(([key, tensor]) => [`ema/${key}`, tensor])),
      };
      mkdirSync(join(folder, "runs", name), { recursive: true });
      const path = join(folder, "runs", name, "checkpoint.safetensors");
      writeFileSync(path, encodeCheckpoint(checkpoint));
      return path;
    },
    models() {
      const path = join(folder, "models");
      return existsSync(path) ? readdirSync(path).toSorted() : [];
    },
  };
}
