/** `evaluate --likelihood` against closed forms: a file with the exact score of the data that it is evaluated on. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { refusedBy } from "../refused.ts";
import { dimension, gaussianFile, s, sigmaRange } from "./gaussian-file.ts";
import { startCommand, workFolder } from "../training-command.ts";

/** The mean of −log₂ N(x; 0, s² + σ_min²) per dimension in data's units, over x of N(0, s²). */
const variance = s ** 2 + sigmaRange[0] ** 2;
const expected = (0.5 * Math.log(2 * Math.PI * variance) + s ** 2 / (2 * variance)) / Math.LN2 - Math.log2(s);
/** The standard deviation of the same over points of two coordinates. */
const spread = ((s ** 2 / (2 * variance)) * Math.sqrt(2 / dimension)) / Math.LN2;

describe("evaluate --likelihood", () => {
  const folder = workFolder(afterAll);
  beforeAll(() => {
    mkdirSync(join(folder, "models"));
    writeFileSync(join(folder, "exact.onnx"), gaussianFile([2, 1, 1]));
    writeFileSync(join(folder, "large.onnx"), gaussianFile([1, 28, 28]));
  });
  const evaluate = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await startCommand(folder, "evaluate", "--json", ...args).done;
    expect({ code, stderr: /error/.exec(stderr) }).toEqual({ code: 0, stderr: null });
    const { likelihood } = JSON.parse(stdout) as {
      likelihood: { name: string; value: number; error: number }[];
    };
    return likelihood[0];
  };
  const on = ["--model", "exact.onnx", "--dataset", "gaussian", "--likelihood", "--count", "400"];

  it.each([
    ["an exact divergence", ["--divergence", "exact"]],
    ["probes", ["--divergence", "probes", "--probes", "2"]],
  ])(
    "of a Gaussian by %s equals the closed form within its error bar, which is right",
    async (_, options) => {
      const { value, error } = await evaluate(...on, ...options);
      expect(error / (spread / Math.sqrt(400))).toBeGreaterThan(0.8);
      expect(error / (spread / Math.sqrt(400))).toBeLessThan(1.25);
      expect(Math.abs(value - expected) / error).toBeLessThan(4);
    },
  );

  it("is the same at any batch", async () => {
    const few = ["--count", "20", "--ode-steps", "8"];
    const [one, many] = [
      ["--batch", "3"],
      ["--batch", "20"],
    ].map((batch) => evaluate(...on.slice(0, 5), ...few, ...batch));
    expect(await one).toEqual(await many);
  });

  it("--inpainting finds no known pixel changed, at any refinement", async () => {
    const args = ["--model", "large.onnx", "--dataset", "glyphs", "--inpainting", "--count", "2"];
    const { stdout } = await startCommand(folder, "evaluate", ...args, "--refinements", "0,1").done;
    expect(stdout.match(/known pixels changed: \d+/g)).toEqual(Array(6).fill("known pixels changed: 0"));
  });

  it.each([
    ["no model to evaluate (give --model FILE)", ["--likelihood"]],
    [
      "cannot read the model nothing.onnx: there is no such file",
      ["--likelihood", "--model", "nothing.onnx"],
    ],
    ["glyphs has items [1, 28, 28], exact is of [2, 1, 1]", ["--likelihood", "--model", "exact.onnx"]],
    ["unknown divergence: some (known: auto, exact, probes)", [...on, "--divergence", "some"]],
    [
      "exact knows no classes (need a model trained with --conditional)",
      ["--model", "exact.onnx", "--dataset", "gaussian", "--adherence"],
    ],
    ["invalid probes: 0 (need an integer >= 1)", [...on, "--probes", "0"]],
    ["invalid count: 1 (need an integer >= 2)", [...on.slice(0, 5), "--count", "1"]],
  ])("refuses: %s", async (message, args) => {
    expect(await refusedBy(folder, "evaluate", ...args)).toBe(message);
  });
});
