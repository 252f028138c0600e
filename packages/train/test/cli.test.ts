import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { networks, recipes } from "@ncsn/core";
import sharp from "sharp";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { main } from "../src/cli/main.ts";
import { datasetNames } from "../src/datasets/index.ts";
import {
  checkpointOf,
  metricsOf,
  samplesOf,
  startCommand,
  startTraining,
  tinyRun,
  trainIn,
  workFolder,
} from "./training-command.ts";

const home = process.cwd();
afterEach(() => process.chdir(home));

/** What the command is refused with in a folder: one line, exit 2. In this process, which is faster than one of its own. */
async function refused(folder: string, ...args: readonly string[]): Promise<string> {
  const [said, printed] = (["error", "log"] as const).map((stream) =>
    vi.spyOn(console, stream).mockImplementation(() => undefined),
  );
  process.chdir(folder);
  const code = await main(["train", ...args]);
  const lines = said.mock.calls.map(String);
  expect({ code, printed: printed.mock.calls, lines }).toEqual({
    code: 2,
    printed: [],
    lines: [expect.anything()],
  });
  vi.restoreAllMocks();
  expect(lines[0]).toMatch(/^error: .*$/);
  return lines[0].slice("error: ".length);
}

describe("bad usage", () => {
  const folder = workFolder(afterAll);
  writeFileSync(join(folder, "file"), "not a folder");
  mkdirSync(join(folder, "empty"));

  it.each([
    ["--recipe foo", "unknown recipe: foo (known: edm, tutorial)"],
    ["--dataset foo", `unknown data set: foo (known: ${datasetNames.join(", ")})`],
    ["--network foo", "unknown network: foo (known: unet, mlp, scorenet)"],
    ["--engine foo", "unknown engine: foo (known: tfjs)"],
    ["--backend foo", "unknown backend: foo (known: auto, tfjs-node-gpu, tfjs-node, webgpu, cpu)"],
    ["--foo 3", "Unknown argument: foo"],
    ["extra", "Unknown argument: extra"],
    ["--batch", "Not enough arguments following: batch"],
    ["--batch 0", "invalid batch: 0 (need an integer >= 1)"],
    ["--batch 2.5", "invalid batch: 2.5 (need an integer >= 1)"],
    ["--batch 4 --batch 8", "--batch is given 2 times"],
    ["--rate -0.1", "invalid rate: -0.1 (need a number > 0)"],
    ["--rate fast", "invalid rate: fast (need a number > 0)"],
    ["--steps 0", "invalid steps: 0 (need an integer >= 1)"],
    ["--epochs 0", "invalid epochs: 0 (need a number > 0)"],
    ["--minutes -5", "invalid minutes: -5 (need a number > 0)"],
    ["--steps 5 --minutes 5", "--steps and --minutes exclude each other: give one of them"],
    ["--seed 1.5", "invalid seed: 1.5 (need an integer >= 0)"],
    ["--seed -1", "invalid seed: -1 (need an integer >= 0)"],
    ["--name ../a", 'invalid name: ../a (need letters, digits, ".", "_" and "-", a letter or digit first)'],
    ["--checkpoint-every 0", "invalid checkpoint-every: 0 (need a number > 0)"],
    ["--sample-every 0", "invalid sample-every: 0 (need an integer >= 1)"],
    ["--net channels", "invalid net: channels (need NAME=VALUE)"],
    [
      "--net foo=3",
      `unknown option of network unet: foo (known: ${Object.keys(networks.unet.defaults).join(", ")})`,
    ],
    [
      "--width 3",
      `unknown option of network unet: width (known: ${Object.keys(networks.unet.defaults).join(", ")})`,
    ],
    ["--channels 0", "invalid channels: 0 (need an integer >= 1)"],
    ["--channels 8 --net channels=9", "option channels of network unet is given twice"],
    ["--multipliers 1,x", "invalid multipliers: x (need an integer >= 1)"],
    ["--multipliers 1,1,1,1", "invalid image size for 4 levels: 28x28 (need multiples of 8)"],
    ["--classes 3", "invalid classes: 3 (glyphs has 10)"],
    ["--dataset gaussian --conditional", "invalid conditional: gaussian has no classes"],
    ["--dataset mixture --conditional", "invalid conditional: network mlp takes no classes"],
    ["--size 16", "invalid size: 16 (only the data set folder has one, not glyphs)"],
    ["--colour --grey", "--colour and --grey exclude each other: give one of them"],
    ["--dataset folder", "missing data: the data set folder needs a folder of images, --data DIR"],
    ["--resume", "no run in runs/ to resume"],
    ["--resume foo", "no run foo in runs/ (there are none)"],
  ])("%s", async (args, message) => {
    expect(await refused(folder, ...args.split(" "))).toBe(message);
  });

  it.each([
    ["--dataset mnist --data nowhere", /nowhere/],
    ["--dataset folder --data empty", /no images in empty/],
    ["--dataset folder --data file", /file/],
  ])("%s", async (args, message) => {
    expect(await refused(folder, ...args.split(" "))).toMatch(message);
  });

  it("leaves nothing behind", () => {
    expect(readdirSync(folder).sort()).toEqual(["empty", "file"]);
  });
});

describe("a process", () => {
  const folder = workFolder(afterAll);

  it.each([
    ["train --recipe foo", "error: unknown recipe: foo (known: edm, tutorial)\n"],
    ["train --foo 3", "error: Unknown argument: foo\n"],
    ["", "error: no command (known: train)\n"],
  ])("of %j ends with 2", async (args, message) => {
    const outcome = await startCommand(folder, ...args.split(" ").filter(Boolean)).done;
    expect(outcome).toEqual({ code: 2, stdout: "", stderr: message });
  });
});

describe("the help", () => {
  it("lists what there is", async () => {
    const { code, stdout } = await trainIn(workFolder(afterAll), "--help");
    expect(code).toBe(0);
    for (const name of [...datasetNames, ...Object.keys(networks), ...Object.keys(recipes)])
      expect(stdout).toContain(name);
    for (const { paper } of Object.values(recipes)) expect(stdout).toContain(paper.slice(0, 60));
    expect(stdout).toContain("--head-channels");
  });
});

describe("a dry run", () => {
  it("says what would be, with parameters and costs, and writes nothing", async () => {
    const folder = workFolder(afterAll);
    const { code, stdout } = await trainIn(folder, ...tinyRun, "--steps", "1000", "--dry-run");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^run +mixture-edm-1$/m);
    expect(stdout).toMatch(/^network +mlp width=8 layers=1 features=4$/m);
    expect(stdout).toMatch(/^ {2}in\.weight +\[8, 2, 1, 1\]$/m);
    expect(stdout).toMatch(/^parameters +298$/m);
    expect(stdout).toMatch(/^memory +about \d+ MB$/m);
    expect(stdout).toMatch(/^time +about .* \(measured\)$/m);
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe("a run", () => {
  const folder = workFolder(afterAll);
  const run = (...args: readonly string[]) => trainIn(folder, ...tinyRun, ...args);

  it("ends with a checkpoint, metrics, a picture and the command that comes next", async () => {
    const { code, stdout, stderr } = await run("--steps", "25", "--seed", "3");
    expect(code).toBe(0);
    expect(stderr).toContain("run mixture-edm-1: edm on mixture, mlp of 298 parameters, 25 steps of 8");
    expect(stderr).toMatch(/^step 1\/25, loss [\d.]+, [\d.,]+ images\/s, .* left$/m);
    const path = "runs/mixture-edm-1";
    expect(stdout).toMatch(/^runs\/mixture-edm-1: 25 steps, in [\d.]+ m?s, loss [\d.]+$/m);
    expect(stdout).toContain(`checkpoint  ${path}/checkpoint.safetensors`);
    expect(stdout).toContain(`samples     ${path}/samples/step-0000025.png`);
    expect(stdout).toContain("next        pnpm export mixture-edm-1");
    expect(readdirSync(join(folder, path)).sort()).toEqual([
      "checkpoint.safetensors",
      "config.json",
      "metrics.jsonl",
      "samples",
    ]);
    const checkpoint = checkpointOf(folder, "mixture-edm-1");
    expect(checkpoint).toMatchObject({ step: 25, engine: "tfjs on plain JavaScript" });
    expect(JSON.parse(readFileSync(join(folder, path, "config.json"), "utf8"))).toEqual(checkpoint.config);
    expect(checkpoint.config).toMatchObject({
      seed: 3,
      batch: 8,
      steps: 25,
      recipe: { name: "edm", batch: 8 },
    });
    expect(metricsOf(folder, "mixture-edm-1").map(({ step }) => step)).toEqual([10, 20, 25]);
    expect(await sharp(join(folder, path, "samples/step-0000025.png")).metadata()).toMatchObject({
      width: 512,
      height: 512,
    });
  });

  it("takes the next free number for its name, and refuses one that is taken", async () => {
    expect((await run("--steps", "1")).stdout).toContain("pnpm export mixture-edm-2");
    expect(await refused(folder, ...tinyRun, "--steps", "1", "--name", "mixture-edm-2")).toBe(
      "run mixture-edm-2 exists: continue it with --resume mixture-edm-2, or take another --name",
    );
  });

  it("of some minutes has a fixed number of steps, which is written down", async () => {
    expect(await run("--minutes", "0.05", "--name", "timed")).toMatchObject({ code: 0 });
    const { config, step } = checkpointOf(folder, "timed");
    expect(step).toBe(config.steps);
    expect(config.recipe.length).toEqual({ steps: config.steps });
    expect(config.steps).toBeGreaterThanOrEqual(1);
  });

  it("of some minutes is the run of that number of steps: measuring leaves no trace", async () => {
    const { config, state } = checkpointOf(folder, "timed");
    await run("--steps", String(config.steps), "--name", "counted");
    expect(checkpointOf(folder, "counted").state).toEqual(state);
    expect(metricsOf(folder, "counted")).toEqual(metricsOf(folder, "timed"));
  });

  it("of a folder of labelled images learns the classes", async () => {
    const colours = { red: "#c02000", blue: "#0020c0" };
    for (const [name, background] of Object.entries(colours)) {
      mkdirSync(join(folder, "pictures", name), { recursive: true });
      const image = sharp({ create: { width: 9, height: 6, channels: 3, background } });
      await image.png().toFile(join(folder, "pictures", name, "a.png"));
    }
    const args =
      "--dataset folder --data pictures --size 4 --conditional --backend cpu --channels 2 --multipliers 1 --embedding 4 " +
      "--features 4 --batch 2 --epochs 3 --name colours";
    expect(await trainIn(folder, ...args.split(" "))).toMatchObject({ code: 0 });
    const { config, probe } = checkpointOf(folder, "colours");
    expect(config).toMatchObject({
      classes: ["blue", "red"],
      shape: [3, 4, 4],
      steps: 3,
      dataset: { name: "folder", size: 2, options: { data: "pictures", size: 4 } },
    });
    expect(probe.labels).toEqual([-1, 0, 1, -1, 0, 1, -1, 0]);
  });

  it("that gives NaN stops with exit 1, naming step, sigma and the last good checkpoint", async () => {
    const { code, stdout, stderr } = await run("--rate", "1e30", "--steps", "50", "--name", "nan");
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(
      /^error: the loss is (NaN|Infinity) at step 2, worst at sigma [\d.e-]+; the last good checkpoint is of step 0: runs\/nan\/checkpoint.safetensors$/m,
    );
    expect(checkpointOf(folder, "nan").step).toBe(0);
  });
});

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

  it("leaves a run that only one process at a time goes on with", async () => {
    const resume = ["--resume", "terminated", "--backend", "cpu"];
    const first = startTraining(folder, ...resume);
    await first.said("from step");
    expect(await refused(folder, ...resume)).toMatch(
      /^runs\/terminated is being written by process \d+; if it is not, delete runs\/terminated\/lock$/,
    );
    first.kill("SIGKILL");
    await first.done;
    expect(await trainIn(folder, ...resume)).toMatchObject({ code: 0 });
    const complete = await trainIn(folder, ...resume);
    expect(complete.code).toBe(0);
    expect(complete.stderr).toContain("run terminated is complete");
  });
});

describe("a run that is resumed", () => {
  const folder = workFolder(afterAll);
  beforeAll(() => trainIn(folder, ...tinyRun, "--steps", "12", "--name", "whole"), 60_000);

  it.each([
    ["--batch 9", "--batch 9 cannot be changed: run whole was started with 8"],
    ["--steps 500", "--steps 500 cannot be changed: run whole was started with 12"],
    ["--minutes 5", "--minutes cannot be changed: run whole was started with 12 steps"],
    ["--dataset glyphs", "--dataset glyphs cannot be changed: run whole was started with mixture"],
    ["--width 9", "--net width=9 cannot be changed: run whole was started with width=8"],
    ["--conditional", "--conditional true cannot be changed: run whole was started with false"],
  ])("does not take %s", async (args, message) => {
    const before = statSync(join(folder, "runs/whole/checkpoint.safetensors")).mtimeMs;
    expect(await refused(folder, "--resume", "whole", ...args.split(" "))).toBe(message);
    expect(statSync(join(folder, "runs/whole/checkpoint.safetensors")).mtimeMs).toBe(before);
  });

  it("is not taken up where it is damaged", async () => {
    const file = join(folder, "runs/whole/checkpoint.safetensors");
    writeFileSync(file, readFileSync(file).subarray(0, 2000));
    expect(await refused(folder, "--resume", "whole")).toMatch(
      /^damaged runs\/whole\/checkpoint\.safetensors: /,
    );
  });
});
