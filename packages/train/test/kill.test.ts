/**
 * Kill -9 at random moments. By hand, with a real network on a native backend:
 * NCSN_KILLS=10 NCSN_RUN="--dataset glyphs --steps 60 --backend tfjs-node" npx vitest run packages/train/test/kill.test.ts
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterAll, describe, expect, it } from "vitest";
import {
  checkpointOf,
  metricsOf,
  reportOf,
  samplesOf,
  startTraining,
  tinyRun,
  trainIn,
  workFolder,
} from "./training-command.ts";

const kills = Number(process.env.NCSN_KILLS ?? 3);
const run = process.env.NCSN_RUN?.split(" ") ?? [...tinyRun, "--steps", "200"];
// Checkpoints so often that a good part of the kills meets one being written.
const often = ["--checkpoint-every", "0.02", "--sample-every", "100"];

describe(`a run that is killed ${kills} times`, () => {
  const folder = workFolder(afterAll);

  it(
    "ends with the weights, metrics, pictures and report of one that is not",
    async () => {
      const began = performance.now();
      const whole = startTraining(folder, ...run, ...often, "--name", "whole");
      await whole.said("run whole:");
      const starting = performance.now() - began;
      expect(await whole.done).toMatchObject({ code: 0 });
      const training = performance.now() - began - starting;
      const { steps } = checkpointOf(folder, "whole").config;

      const log: string[] = [];
      let killed = 0;
      for (let attempt = 0; killed < kills; attempt++) {
        const started =
          attempt === 0 || !begun(folder)
            ? [...run, "--name", "killed"]
            : ["--resume", "killed", ...engineOf(run)];
        const process = startTraining(folder, ...started, ...often);
        const early = attempt % 4 === 3; // while it is still starting
        if (!early) await process.said("run killed:");
        // Spread over what is left of the run, so that every kill finds something to kill.
        const left = training * (1 - (lastStep(folder) ?? 0) / steps);
        const delay = Math.random() * (early ? starting : (2 * left) / (kills - killed + 1));
        const ended = await Promise.race([process.done, setTimeout(delay)]);
        process.kill("SIGKILL");
        const { code } = await process.done;
        log.push(
          `${early ? "early" : "after"} ${(delay / 1000).toFixed(2)} s: ${ended === undefined ? "killed" : `code ${code}`}, saved step ${lastStep(folder) ?? "none"}`,
        );
        if (ended !== undefined) {
          expect(code).toBe(0);
          break; // nothing left to kill
        }
        killed += 1;
      }
      console.log(log.join("\n"));
      expect(killed).toBeGreaterThan(0);
      expect(await trainIn(folder, "--resume", "killed", ...engineOf(run), ...often)).toMatchObject({
        code: 0,
      });

      const [a, b] = ["whole", "killed"].map((name) => checkpointOf(folder, name));
      expect(b.step).toBe(a.step);
      expect(b.probe).toEqual(a.probe);
      expect([...b.state.keys()]).toEqual([...a.state.keys()]);
      const unequal = [...a.state].filter(
        ([name, { data }]) => Buffer.compare(bytes(data), bytes(b.state.get(name)?.data)) !== 0,
      );
      expect(unequal).toEqual([]);
      expect(metricsOf(folder, "killed")).toEqual(metricsOf(folder, "whole"));
      expect(samplesOf(folder, "killed")).toEqual(samplesOf(folder, "whole"));
      expect(reportOf(folder, "killed")).toBe(reportOf(folder, "whole"));
      expect(readdirSync(join(folder, "runs", "killed")).sort()).toEqual(
        ["checkpoint.safetensors", "config.json", "metrics.jsonl", "report.html", "samples"].sort(),
      );
    },
    kills * 120_000,
  );
});

const bytes = (data: Float32Array = new Float32Array()): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

/** The engine and backend of a run are not part of its configuration. */
function engineOf(args: readonly string[]): string[] {
  return ["--engine", "--backend"].flatMap((option) => {
    const at = args.indexOf(option);
    return at < 0 ? [] : args.slice(at, at + 2);
  });
}

/** Whether there is something to resume, be it only the configuration. */
const begun = (folder: string): boolean => existsSync(join(folder, "runs", "killed", "config.json"));

function lastStep(folder: string): number | undefined {
  try {
    return checkpointOf(folder, "killed").step;
  } catch {
    return undefined; // killed before the first
  }
}
