import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { networks, recipes } from "@ncsn/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { datasetNames } from "../src/datasets/index.ts";
import { refused } from "./refused.ts";
import { startCommand, tinyRun, trainIn, workFolder } from "./training-command.ts";

describe("bad usage", () => {
  const folder = workFolder(afterAll);
  writeFileSync(join(folder, "file"), "not a folder");
  mkdirSync(join(folder, "empty"));

  it.each([
    ["--recipe foo", `unknown recipe: foo (known: ${Object.keys(recipes).join(", ")})`],
    ["--dataset foo", `unknown data set: foo (known: ${datasetNames.join(", ")})`],
    ["--network foo", `unknown network: foo (known: ${Object.keys(networks).join(", ")})`],
    ["--engine foo", "unknown engine: foo (known: auto, onnxruntime, tfjs)"],
    ["--backend foo", "unknown backend: foo (known: auto, cpu, webgpu, cuda, tfjs-node-gpu, tfjs-node)"],
    [
      "--engine onnxruntime --backend tfjs-node",
      "unknown backend: tfjs-node (known: auto, cpu, webgpu, cuda)",
    ],
    [
      "--engine tfjs --backend cuda",
      "unknown backend: cuda (known: auto, tfjs-node-gpu, tfjs-node, webgpu, cpu)",
    ],
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
    ["--seed 9007199254740993", "invalid seed: 9007199254740993 (need an integer from 0 to 2^53 - 1)"],
    ["--no-steps", "unknown argument: no-steps (--steps takes a value)"],
    ["--no-name", "unknown argument: no-name (--name takes a value)"],
    ["--no-net", "unknown argument: no-net (--net takes a value)"],
    ["--no-channels", "unknown argument: no-channels (--channels takes a value)"],
    ["--no-resume", "unknown argument: no-resume (--resume takes a value)"],
    ["--dry-run=maybe", "invalid dry-run: maybe (need true or false)"],
    ["--dryRun=", "invalid dryRun: nothing (need true or false)"],
    ["--conditional=yes", "invalid conditional: yes (need true or false)"],
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
    ["--network ncsn --recipe ddpm --levels 20", "invalid levels: 20 (recipe ddpm has 1000)"],
    ["--auto-noise --recipe edm", "invalid auto-noise: recipe edm has its own levels (need ncsnv2)"],
    ["--classes 3", "invalid classes: 3 (glyphs has 10)"],
    ["--dataset gaussian --conditional", "invalid conditional: gaussian has no classes"],
    ["--matching foo", "unknown matching: foo (known: denoising, sliced)"],
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
    [
      "--batch 100000000",
      /^invalid batch: 100000000 \(training takes about \d+\.\d GB of memory, this machine has \d+\.\d GB\)$/,
    ],
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
    ["train --recipe foo", `error: unknown recipe: foo (known: ${Object.keys(recipes).join(", ")})\n`],
    ["train --foo 3", "error: Unknown argument: foo\n"],
    ["", "error: no command (known: train, bench, evaluate, report, judge)\n"],
  ])("of %j ends with 2", async (args, message) => {
    const outcome = await startCommand(folder, ...args.split(" ").filter(Boolean)).done;
    expect(outcome).toEqual({ code: 2, stdout: "", stderr: message });
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
    ["--auto-noise", "--auto-noise cannot be changed: run whole was started with its levels"],
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
