/** The command of a report, typed again: what it plans must be the run that it was made from. */
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import yargs from "yargs";
import type { RunConfig } from "@ncsn/core";
import { fitNoise } from "../src/cli/auto-noise.ts";
import { configure, planRun } from "../src/cli/new-run.ts";
import { repeatCommand } from "../src/cli/repeat-command.ts";
import { shellWord } from "../src/cli/shell-word.ts";
import { networkOptions, trainOptions, type TrainArguments } from "../src/cli/train-options.ts";
import { openDataset } from "../src/datasets/index.ts";
import { workFolder } from "./training-command.ts";

/** The words of a command line, by a shell. */
const wordsOf = (command: string): string[] =>
  execFileSync("sh", ["-c", `printf '%s\\0' ${command}`], { encoding: "utf8" })
    .split("\0")
    .slice(0, -1);

async function planned(words: readonly string[]): Promise<RunConfig> {
  const args = (await yargs(words)
    .options(networkOptions)
    .options(trainOptions)
    .strict()
    .parseAsync()) as TrainArguments;
  const plan = planRun(args);
  const { dataset } = await openDataset(plan.data);
  const recipe = plan.autoNoise ? fitNoise(plan.recipe, dataset, plan.seed).recipe : plan.recipe;
  return configure({ ...plan, recipe }, dataset, "again", args);
}

describe("the command that repeats a run", () => {
  const folder = join(workFolder(afterAll), "it's a 'folder' of $HOME");
  const images = ["--dataset", "folder", "--data", folder];

  beforeAll(async () => {
    for (const [name, background] of Object.entries({ red: "#c02000", blue: "#0020c0" })) {
      mkdirSync(join(folder, name), { recursive: true });
      const image = sharp({ create: { width: 9, height: 9, channels: 3, background } });
      await image.png().toFile(join(folder, name, "a.png"));
    }
  });

  it.each([
    ["nothing but defaults", []],
    [
      "another seed, rate and batch",
      "--dataset mixture --seed 9007199254740991 --rate 3e-7 --batch 5 --steps 7".split(" "),
    ],
    [
      "options of a network",
      [...images, ..."--size 8 --channels 8 --net multipliers=1,2 --conditional --epochs 9".split(" ")],
    ],
    ["an option that is empty", [...images, ..."--size 8 --net attention= --channels 8".split(" ")]],
    ["a network that a recipe comes with", "--recipe ncsn --channels 4 --levels 5".split(" ")],
    ["another recipe's network", "--recipe vp --network ncsn --channels 4 --levels 7".split(" ")],
    ["sliced matching", "--dataset mixture --matching sliced --width 9".split(" ")],
    ["levels fitted to the data", "--dataset mixture --auto-noise --steps 3".split(" ")],
    ["a folder", [...images, "--size", "8", "--no-colour"]],
    ["a folder in colour", [...images, "--colour", "--network", "scorenet"]],
  ])("has %s", async (_, words) => {
    const config = await planned(words);
    const command = repeatCommand(config, { engine: "onnxruntime", backend: "cpu" }) ?? "";
    const [pnpm, train, ...again] = wordsOf(command);
    expect([pnpm, train]).toEqual(["pnpm", "train"]);
    expect(await planned(again)).toEqual(config);
  });

  it("is none for a recipe that no command names", async () => {
    const config = await planned(["--dataset", "mixture"]);
    expect(repeatCommand({ ...config, recipe: { ...config.recipe, name: "mine" } })).toBeUndefined();
  });

  it.each(["plain", "a b", "it's", "$(rm -rf x)", "`x`", "", "\\", '"', "*", "ü\n"])(
    "quotes %j for a shell",
    (word) => {
      expect(wordsOf(shellWord(word))).toEqual([word]);
    },
  );
});
