/** `evaluate --points` against what is known: of the data's own score, of a multiple of it, of a file that has it. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { key, proceduralDatasets, readCard } from "@ncsn/core";
import { guidedModel } from "@ncsn/export";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { modelFacts, modelRows } from "../../src/evaluate/model-facts.ts";
import { pointsQuality, pointsReference, type EvaluatedModel } from "../../src/evaluate/points-quality.ts";
import { errorLevels, scoreErrors } from "../../src/evaluate/score-error.ts";
import { reachedOutside } from "../report/reached-outside.ts";
import { refusedBy } from "../refused.ts";
import { startCommand, workFolder } from "../training-command.ts";
import { exactModel } from "./exact-model.ts";
import { gaussianFile } from "./gaussian-file.ts";

const two = { first: 0, count: 800, seed: 3 };

/** One sample by its number, alone. */
async function sampleOf(model: EvaluatedModel, first: number): Promise<Float32Array | undefined> {
  let last: Float32Array | undefined;
  for await (const frame of model.steps({ count: 1, first, seed: two.seed }))
    last = (await frame.pixels()).data;
  return last;
}

describe.each(["two-moons", "checkerboard", "mixture"] as const)("of the exact score of %s", (name) => {
  const dataset = proceduralDatasets[name](key(1));

  it("samples are as far from the data as the data are, and the score has no error", async () => {
    const { reference, distance, score } = await pointsQuality({
      ...two,
      model: exactModel(dataset),
      dataset,
    });
    const { mean, deviation } = reference.floor;
    expect(Math.abs(distance.squaredDistance - mean)).toBeLessThan(4 * deviation);
    expect(Math.abs(mean)).toBeLessThan(2 * deviation); // the mean of eight
    expect(distance.samples.data.subarray(1400, 1402)).toEqual(await sampleOf(exactModel(dataset), 700));
    expect(distance.ceiling).toBeGreaterThan(100 * deviation);
    expect(distance.sampling).toMatchObject({ sampler: "heun", steps: 18, evaluations: 35 });
    expect(distance.sampling).toMatchObject({ sigmaMin: 0.01, sigmaMax: 40, rho: 7 });
    expect(score?.levels.length).toBe(16);
    for (const { error } of score?.levels ?? []) expect(error).toBeLessThan(1e-7); // float32 of it
  });
});

describe("scoreErrors", () => {
  const dataset = proceduralDatasets.mixture(key(1));

  it("of 0.9 of the score are a tenth at every level and overall, in any units", async () => {
    for (const pixels of [
      { scale: 0.5, offset: 0.1 },
      { scale: -3, offset: 0 },
    ]) {
      const model = exactModel(dataset, { pixels, wrong: (score) => 0.9 * score });
      const { levels, overall, points } = await scoreErrors({ ...two, model, dataset });
      expect(points).toBe(800);
      for (const { error } of [...levels, { error: overall }]) expect(error).toBeCloseTo(0.1, 6);
    }
  });

  it("overall are weighted by sigma squared", async () => {
    // The error is c everywhere, and E|s|² of N(0, 1) is 2/(1 + σ²): Σ 2c²σ² over Σ 2σ²/(1 + σ²), twice over.
    const gaussian = proceduralDatasets.gaussian(key(1));
    const model = exactModel(gaussian, {
      pixels: { scale: 1, offset: 0 },
      sigmaRange: [0.1, 10],
      wrong: (score) => score + 0.3,
    });
    const { overall, levels } = await scoreErrors({ ...two, count: 2000, model, dataset: gaussian });
    const sum = (f: (sigma: number) => number) => levels.reduce((total, { sigma }) => total + f(sigma), 0);
    const expected = Math.sqrt(
      sum((sigma) => (0.3 * sigma) ** 2) / sum((sigma) => sigma ** 2 / (1 + sigma ** 2)),
    );
    expect(overall / expected).toBeCloseTo(1, 1);
    for (const { sigma, error, standardError } of levels)
      expect(Math.abs(error - 0.3 * Math.sqrt(1 + sigma ** 2))).toBeLessThan(4 * standardError);
  });

  it("have standard errors that are their spread", async () => {
    const gaussian = proceduralDatasets.gaussian(key(1));
    const model = exactModel(gaussian, { sigmaRange: [0.1, 10], wrong: (score) => score + 1 });
    const runs = await Promise.all(
      Array.from({ length: 60 }, (_, run) =>
        scoreErrors({ first: 50 * run, count: 50, seed: run, model, dataset: gaussian }),
      ),
    );
    for (const level of [0, 15]) {
      const found = runs.map(({ levels }) => levels[level]);
      const mean = found.reduce((sum, { error }) => sum + error, 0) / found.length;
      const variance = found.reduce((sum, { error }) => sum + (error - mean) ** 2, 0) / (found.length - 1);
      const said = found.reduce((sum, { standardError }) => sum + standardError ** 2, 0) / found.length;
      expect(Math.sqrt(variance / said)).toBeGreaterThan(0.75);
      expect(Math.sqrt(variance / said)).toBeLessThan(1.33);
    }
  });

  it("look at the levels of a model that knows a table of them", () => {
    expect(errorLevels({ sigmaRange: [0.1, 10], sigmas: [10, 3, 1, 0.3, 0.1] })).toEqual(
      [10, 3, 1, 0.3, 0.1].map(Math.fround),
    );
  });

  it("need a data set that knows its score", async () => {
    const without = { ...dataset, score: undefined };
    await expect(scoreErrors({ ...two, model: exactModel(dataset), dataset: without })).rejects.toThrow(
      new TypeError("the data set mixture has no exact score"),
    );
    const { score } = await pointsQuality({
      ...two,
      count: 50,
      model: exactModel(dataset),
      dataset: without,
    });
    expect(score).toBeUndefined();
  });
});

describe("pointsReference", () => {
  it("refuses a set with too few items for its draws", async () => {
    const dataset = { ...proceduralDatasets.gaussian(key(0)), size: 100 };
    await expect(pointsReference({ dataset, first: 0, count: 10 })).rejects.toThrow(
      new RangeError("invalid count: 10 from 0 (gaussian has 100 items, and the floor needs 170)"),
    );
  });
});

describe("evaluate --points", () => {
  const folder = workFolder(afterAll);
  beforeAll(() => {
    writeFileSync(join(folder, "exact.onnx"), gaussianFile([2, 1, 1]));
    writeFileSync(join(folder, "large.onnx"), gaussianFile([1, 28, 28]));
    writeFileSync(join(folder, "taken"), "");
  });
  const on = ["--model", "exact.onnx", "--dataset", "gaussian"];
  const metrics = (path: string) => readFileSync(join(folder, path, "metrics.json"), "utf8");

  it("is what a model of points is asked, and the same bytes each time", async () => {
    const few = ["--count", "300", "--seed", "5", "--steps", "9"];
    const [first, second] = await Promise.all([
      startCommand(folder, "evaluate", ...on, ...few).done,
      startCommand(
        folder,
        "evaluate",
        ...on,
        ...few,
        "--points",
        "--batch",
        "100",
        "--out",
        "again/here",
        "--json",
      ).done,
    ]);
    expect([first.code, second.code]).toEqual([0, 0]);
    expect(first.stdout).toMatch(/^exact on 300 of gaussian \(test\), from 0, seed 5\n/);
    expect(first.stdout).toMatch(/heun, 9 steps, 17 evaluations each/);
    const text = metrics("evaluations/exact");
    expect(metrics("again/here")).toBe(text);
    const { points } = JSON.parse(second.stdout) as { points: object[] };
    expect(points).toContainEqual({ name: "MMD²", value: expect.any(Number) as number });
    expect(JSON.parse(text)).toMatchObject({
      model: "exact",
      dataset: { name: "gaussian", split: "test", first: 0, count: 300 },
      seed: 5,
      sampling: { sampler: "heun", steps: 9, evaluations: 17 },
      scoreError: { points: 300 },
    });
    const { scoreError } = JSON.parse(text) as { scoreError: { overall: number } };
    expect(scoreError.overall).toBeLessThan(1e-6); // a float32's
    const page = readFileSync(join(folder, "evaluations/exact/report.html"), "utf8");
    expect(page).toContain("<title>exact on gaussian</title>");
    expect(page.match(/<svg /g)?.length).toBe(8); // points, errors, fields
    expect(reachedOutside(page)).toEqual([]);
  });

  it("names who guides a model, and counts both networks", async () => {
    const [main, guide] = [1, 0.5].map((factor) => gaussianFile([2, 1, 1], factor));
    writeFileSync(join(folder, "guided.onnx"), guidedModel(main, guide, 0.25));
    const args = ["--model", "guided.onnx", "--dataset", "gaussian", "--count", "50", "--out", "guided"];
    const { code, stdout, stderr } = await startCommand(folder, "evaluate", ...args).done;
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^guide +exact, weight 0\.25$/m);
    expect(JSON.parse(metrics("guided"))).toMatchObject({ guide: { name: "exact", weight: 0.25 } });
    expect(readFileSync(join(folder, "guided/report.html"), "utf8")).toContain("exact, weight 0.25");

    const moons = readFileSync(join(import.meta.dirname, "../../../../models/two-moons.onnx"));
    const [one, both] = [moons, guidedModel(moons, moons, 1)].map((model) =>
      modelFacts({ model, card: readCard(model) }),
    );
    expect(one.multiplyAdds).toBeGreaterThan(1e5);
    expect(both.multiplyAdds).toBe(2 * one.multiplyAdds);
    expect(modelRows(one)).toEqual([
      ["multiply-adds", expect.stringMatching(/^[\d,]+ an image and evaluation$/)],
    ]);
  });

  it.each([
    ["exact makes [1, 28, 28] (need points of the plane, [2, 1, 1])", ["--model", "large.onnx", "--points"]],
    ["unknown sampler: some (known: ", [...on, "--sampler", "some"]],
    ["invalid steps: 0 (need an integer >= 1)", [...on, "--steps", "0"]],
    [
      "steps and evaluations exclude each other: give one of them",
      [...on, "--steps", "2", "--evaluations", "3"],
    ],
    ["cannot write to taken", [...on, "--count", "2", "--out", "taken"]],
  ])("refuses: %s", async (message, args) => {
    expect(await refusedBy(folder, "evaluate", ...args)).toContain(message);
  });
});
