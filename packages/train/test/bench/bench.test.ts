/** The bench on nets of a moment: that it measures what it says and says what it measured. Times decide nothing here. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { BenchReport } from "../../src/bench/results.ts";
import { startCommand, workFolder, type Outcome } from "../training-command.ts";

const folder = workFolder(afterAll);
const bench = (...args: readonly string[]): Promise<Outcome> => startCommand(folder, "bench", ...args).done;
const tiny = "--channels 4 --batch 4 --count 1,3 --seconds 0.02 --rounds 2".split(" ");

describe("bench", () => {
  it("measures training, sampling and the first image", { timeout: 120_000 }, async () => {
    const { code, stdout, stderr } = await bench(
      ...tiny,
      "--engine",
      "onnxruntime",
      "--device",
      "cpu",
      "--json",
    );
    expect(code, stderr).toBe(0);
    const { machine, network, settings, results } = JSON.parse(stdout) as BenchReport;
    expect(machine.cores).toBeGreaterThanOrEqual(1);
    expect(machine.onnxruntime).toMatch(/^\d+\.\d+/);
    expect(network).toMatchObject({ name: "unet", channels: 4, shape: [1, 28, 28] });
    expect(settings).toEqual({ seconds: 0.02, rounds: 2, seed: 0 });
    expect(results.map(({ measure, batch, unit }) => `${measure} ${batch} ${unit}`)).toEqual([
      "training 4 images/s",
      "sampling 1 evaluations/s",
      "sampling 3 evaluations/s",
      "first image 1 s",
    ]);
    for (const { values, median, min, max, peakMemory, description } of results) {
      expect(values).toHaveLength(2);
      expect(min).toBeGreaterThan(0);
      expect(median).toBeCloseTo((values[0] + values[1]) / 2);
      expect(max).toBe(Math.max(...values));
      expect(peakMemory).toBeGreaterThan(30e6); // Node alone
      expect(description).toMatch(/^ONNX Runtime on cpu/);
    }
  });

  it("measures one of them, as a table", { timeout: 120_000 }, async () => {
    const { code, stdout, stderr } = await bench(
      ..."--channels 2 --batch 2 --seconds 0.01 --rounds 1 --only train --engine tfjs --backend cpu".split(
        " ",
      ),
    );
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^machine {3}.+\nversions {2}Node .+\nnetwork {3}unet, 2 channels, /);
    expect(stdout).toMatch(/^ {2}batch 2 {3}tfjs cpu +\S+ \(\S+–\S+\) {2}\S+ MB$/m);
    expect(stdout).not.toContain("sampling");
  });

  it("measures WASM in a page of a browser", { timeout: 120_000 }, async () => {
    const { code, stdout, stderr } = await bench(
      ..."--web --device wasm --channels 4 --count 1,2 --seconds 0.01 --rounds 2 --json".split(" "),
    );
    expect(code, stderr).toBe(0);
    const { web, results } = JSON.parse(stdout) as BenchReport;
    expect(results).toEqual([]);
    expect(web?.browser).toMatch(/^Chromium \d/);
    expect(web?.results.map(({ contender }) => contender)).toEqual(["wasm, 1 thread", "wasm, 2 threads"]);
    for (const { loading, firstImage, stepsPerSecond, byFirst } of web?.results ?? []) {
      expect(loading.min).toBeGreaterThan(0);
      expect(firstImage.median).toBeGreaterThan(loading.median);
      expect(Object.keys(stepsPerSecond)).toEqual(["1", "2"]);
      for (const { min, max } of Object.values(stepsPerSecond)) expect(max).toBeGreaterThanOrEqual(min);
      expect(stepsPerSecond[2].min).toBeGreaterThan(0);
      expect(byFirst[1].median).toBeGreaterThan(0);
    }
    expect(web?.results[0].byFirst[2]).toEqual({ median: 1, min: 1, max: 1 });
  });

  it("says what it would do", async () => {
    const { code, stdout } = await bench("--dry-run", "--engine", "onnxruntime", "--backend", "cpu");
    expect(code).toBe(0);
    expect(stdout).toContain("230,331 parameters");
    expect(stdout).toContain("training  onnxruntime cpu; batch 64\n");
    expect(stdout).toContain("sampling  heun, 35 evaluations; batch 1, 16, 64\n");
    expect(stdout).toMatch(/takes {5}about \d/);
  });

  it.each([
    [["--batch", "8,no"], "error: invalid batch: no (need an integer >= 1)\n"],
    [["--seconds", "0"], "error: invalid seconds: 0 (need a number > 0)\n"],
    [["--only", "all"], "error: unknown only: all (known: train, sample)\n"],
    [["--web"], "error: --web and --engine exclude each other: give one of them\n"],
    [["--rounds", "2", "--rounds", "3"], "error: --rounds is given 2 times\n"],
    [
      ["--peer", "--python", "no-such-python"],
      "error: invalid python: no-such-python (there is no no-such-python)\n",
    ],
  ])("refuses %j", async (args, message) => {
    expect(await bench("--engine", "onnxruntime", "--backend", "cpu", ...args)).toEqual({
      code: 2,
      stdout: "",
      stderr: message,
    });
  });

  it("has its peer in the repository", () => {
    expect(existsSync(join(import.meta.dirname, "../../../../bench/torch_unet.py"))).toBe(true);
  });
});
