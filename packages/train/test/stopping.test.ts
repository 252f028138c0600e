import { existsSync } from "node:fs";
import { join } from "node:path";
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

describe("Ctrl-C", () => {
  const folder = workFolder(afterAll);
  const whole = [...tinyRun, "--steps", "150"];

  it(
    "finishes the step, saves it, and prints the command that goes on; which goes on bit for bit",
    { timeout: 60_000 },
    async () => {
      const training = startTraining(folder, ...whole, "--name", "stopped", "--sample-every", "60");
      await training.said("step 1/");
      training.kill("SIGINT");
      const { code, stdout, stderr } = await training.done;
      expect({ code, stdout }).toEqual({ code: 130, stdout: "" });
      const [, step] =
        /stopped after step (\d+) of 150; continue with\n {2}pnpm train --resume stopped --backend cpu --sample-every 60\n$/.exec(
          stderr,
        ) ?? [];
      expect(Number(step)).toBeGreaterThan(0);
      expect(Number(step)).toBeLessThan(150);
      expect(checkpointOf(folder, "stopped").step).toBe(Number(step));
      expect(existsSync(join(folder, "runs/stopped/lock"))).toBe(false);
      expect(reportOf(folder, "stopped")).toContain(`after ${step} of 150 steps`);

      const resumed = await trainIn(folder, "--resume", "--backend", "cpu", "--sample-every", "60");
      expect(resumed).toMatchObject({ code: 0 });
      expect(resumed.stderr).toContain("resuming stopped");
      expect(resumed.stderr).toContain(`from step ${step}`);

      expect(await trainIn(folder, ...whole, "--name", "whole", "--sample-every", "60")).toMatchObject({
        code: 0,
      });
      expect(checkpointOf(folder, "stopped").state).toEqual(checkpointOf(folder, "whole").state);
      expect(metricsOf(folder, "stopped")).toEqual(metricsOf(folder, "whole"));
      expect(samplesOf(folder, "stopped")).toEqual(samplesOf(folder, "whole"));
      expect(reportOf(folder, "stopped")).toBe(reportOf(folder, "whole"));
    },
  );

  it("twice ends at once, and leaves a run that resumes", async () => {
    const training = startTraining(folder, ...whole, "--name", "twice");
    await training.said("step 1/");
    training.kill("SIGINT");
    training.kill("SIGINT");
    expect((await training.done).code).toBe(130);
    expect(existsSync(join(folder, "runs/twice/lock"))).toBe(false);
    expect(checkpointOf(folder, "twice").step).toBeLessThan(150);
  });

  it("by SIGTERM ends with 143", async () => {
    const training = startTraining(folder, ...whole, "--name", "terminated");
    await training.said("step 1/");
    training.kill("SIGTERM");
    expect((await training.done).code).toBe(143);
    expect(checkpointOf(folder, "terminated").step).toBeGreaterThan(0);
  });

  it("by SIGKILL leaves a run that goes on, of which there was only one process at a time", async () => {
    const resume = ["--resume", "endless", "--backend", "cpu"];
    const first = startTraining(folder, ...tinyRun, "--steps", "1000000", "--name", "endless");
    await first.said("step 1/");
    const second = await trainIn(folder, ...resume);
    expect(second.code).toBe(2);
    expect(second.stderr).toMatch(
      /^error: runs\/endless is being written by process \d+; if it is not, delete runs\/endless\/lock$/m,
    );
    first.kill("SIGKILL");
    await first.done;
    const third = startTraining(folder, ...resume);
    await third.said("step 1/"); // the only checkpoint was that of the start
    third.kill("SIGTERM");
    expect((await third.done).code).toBe(143);
  });

  it("is nothing to a run that is complete", async () => {
    expect(await trainIn(folder, ...tinyRun, "--steps", "2", "--name", "short")).toMatchObject({ code: 0 });
    const { code, stderr } = await trainIn(folder, "--resume", "short", "--backend", "cpu");
    expect(code).toBe(0);
    expect(stderr).toContain("run short is complete");
  });
});
