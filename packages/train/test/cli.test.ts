import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { networks, recipes } from "@ncsn/core";
import sharp from "sharp";
import { afterAll, describe, expect, it } from "vitest";
import { datasetNames } from "../src/datasets/index.ts";
import { refused } from "./refused.ts";
import {
  checkpointOf,
  metricsOf,
  reportOf,
  startCommand,
  tinyRun,
  trainIn,
  workFolder,
} from "./training-command.ts";

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

describe("--auto-noise", () => {
  it("explains the noise that it fits to the data, and trains with it", { timeout: 60_000 }, async () => {
    const folder = workFolder(afterAll);
    const { code, stdout } = await trainIn(
      folder,
      ...tinyRun,
      "--auto-noise",
      "--steps",
      "2",
      "--name",
      "fitted",
    );
    expect(code).toBe(0);
    const said = (pattern: RegExp): number => Number(pattern.exec(stdout)?.[1]);
    const [sigmaMax, levels, steps] = [/sigma_1 (\S+)/, /L (\d+)/, /T (\d+)/].map(said);
    expect(stdout).toMatch(/^ {2}1 .* of 2,000 items/m);
    // Two Gaussians 14.1 apart that reach about 4 deviations to each side, at the scale of σ_data.
    const { recipe, model, pixels } = checkpointOf(folder, "fitted").config;
    expect(sigmaMax / pixels.scale).toBeGreaterThan(18);
    expect(sigmaMax / pixels.scale).toBeLessThan(24);
    expect(recipe.sigmaRange[1]).toBeCloseTo(sigmaMax, 2);
    expect(recipe.sampler).toMatchObject({ steps: levels, options: { stepsPerLevel: steps, denoise: true } });
    expect([model.parameterization, model.sigmas?.length]).toEqual(["ncsnv2", levels]);
  });
});

describe("--from", () => {
  it("starts with what another run has learnt, where the networks agree", { timeout: 60_000 }, async () => {
    const folder = workFolder(afterAll);
    const deeperRun = tinyRun.join(" ").replace("--layers 1", "--layers 2").split(" ");
    const run = (...args: readonly string[]) => trainIn(folder, ...tinyRun, ...args);
    await run("--steps", "30", "--name", "before");
    const { stderr } = await run("--steps", "1", "--rate", "1e-9", "--name", "after", "--from", "before");
    expect(stderr).toMatch(/^starting with 12 parameters of before after 30 steps$/m);
    const [before, after] = ["before", "after"].map((name) => checkpointOf(folder, name));
    expect(after.config.start).toEqual({ run: "before", step: 30, images: 30 * before.config.batch });
    for (const [name, { data }] of after.state)
      if (name.startsWith("ema/"))
        data.forEach((value, i) =>
          expect(Math.abs(value - (before.state.get(name)?.data[i] ?? NaN))).toBeLessThan(1e-7),
        );
    expect(Math.max(...(after.state.get("adam.m/in.bias")?.data.map(Math.abs) ?? []))).toBeGreaterThan(0);

    const deeper = await trainIn(
      folder,
      ...deeperRun,
      "--steps",
      "1",
      "--name",
      "deeper",
      "--from",
      "before",
    );
    expect(deeper.stderr).toMatch(
      /; from the seed: layer1\.in\.weight, layer1\.in\.bias, .*layer1\.out\.bias$/m,
    );

    const other = await run("--resume", "after", "--from", "deeper");
    expect([other.code, other.stderr.trim()]).toEqual([
      2,
      "error: --from deeper cannot be changed: run after was started with before",
    ]);
    const none = await run("--from", "nobody", "--steps", "1");
    expect([none.code, none.stderr.trim()]).toEqual([
      2,
      "error: no run nobody in runs/ (known: deeper, after, before)",
    ]);
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
    expect(stdout).toContain(`report      ${path}/report.html`);
    expect(stdout).toContain("next        pnpm export mixture-edm-1");
    expect(readdirSync(join(folder, path)).sort()).toEqual([
      "checkpoint.safetensors",
      "config.json",
      "metrics.jsonl",
      "report.html",
      "samples",
    ]);
    const checkpoint = checkpointOf(folder, "mixture-edm-1");
    expect(checkpoint.step).toBe(25);
    expect(checkpoint.engine).toMatch(/^ONNX Runtime on cpu, \d+ sessions?$/);
    expect(JSON.parse(readFileSync(join(folder, path, "config.json"), "utf8"))).toEqual(checkpoint.config);
    expect(checkpoint.config).toMatchObject({
      seed: 3,
      batch: 8,
      steps: 25,
      recipe: { name: "edm", batch: 8 },
    });
    expect(metricsOf(folder, "mixture-edm-1").map(({ step }) => step)).toEqual([10, 20, 25]);
    expect(await sharp(join(folder, path, "samples/step-0000025.png")).metadata()).toMatchObject({
      width: 640, // and as high as the axes' labels leave it
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
      /^error: the loss is (NaN|Infinity) at step 2, worst at sigma [\d.e-]+; the last good checkpoint is of step 0: runs\/nan\/checkpoint.safetensors; --debug-nan says where it arises$/m,
    );
    expect(checkpointOf(folder, "nan").step).toBe(0);
    expect(reportOf(folder, "nan")).toMatch(
      /Training diverged: the loss is (NaN|Infinity) at step 2, worst at sigma [\d.e-]+\./,
    );
  });

  it("whose report cannot be written says so, and ends well", async () => {
    mkdirSync(join(folder, "runs/unreported/report.html"), { recursive: true });
    const { code, stdout, stderr } = await run("--steps", "2", "--name", "unreported");
    expect(code).toBe(0);
    expect(stderr).toMatch(/^note: no report: cannot write runs\/unreported\/report\.html: /m);
    expect(stdout).not.toMatch(/^report/m);
    expect(checkpointOf(folder, "unreported").step).toBe(2);
  });
});

describe("report", () => {
  it("writes a run's report anew, of the newest unless told, and refuses what is none", async () => {
    const folder = workFolder(afterAll);
    const report = (...args: readonly string[]) => startCommand(folder, "report", ...args).done;
    expect(await report()).toMatchObject({ code: 2, stderr: "error: no run in runs/ to report on\n" });
    expect(await trainIn(folder, ...tinyRun, "--steps", "12", "--name", "one")).toMatchObject({ code: 0 });
    const path = "runs/one/report.html";
    const first = readFileSync(join(folder, path), "utf8");
    rmSync(join(folder, path));
    expect(await report()).toEqual({ code: 0, stdout: `${path}\n`, stderr: "reporting on one\n" });
    expect(readFileSync(join(folder, path), "utf8")).toBe(first);
    expect(await report("one")).toEqual({ code: 0, stdout: `${path}\n`, stderr: "" });
    expect(await report("two")).toMatchObject({
      code: 2,
      stderr: "error: no run two in runs/ (known: one)\n",
    });
    expect((await report("../one")).stderr).toMatch(/^error: invalid name: \.\.\/one/);
    expect((await report("one", "two")).code).toBe(2);
  });
});
