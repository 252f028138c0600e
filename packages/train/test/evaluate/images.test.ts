/** `evaluate --images` as a user runs it, on a model of known score: blots of grey. */
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { guidedModel } from "@ncsn/export";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { refusedBy } from "../refused.ts";
import { startCommand, workFolder } from "../training-command.ts";
import { gaussianFile } from "./gaussian-file.ts";

const judge = join(import.meta.dirname, "../../../../models/judge-glyphs.onnx");
const few = ["--count", "40", "--train-count", "200", "--test-count", "100", "--evaluations", "7"];

describe("evaluate --images", () => {
  const folder = workFolder(afterAll);
  beforeAll(() => {
    mkdirSync(join(folder, "models"));
    copyFileSync(judge, join(folder, "models/judge-glyphs.onnx"));
    writeFileSync(join(folder, "exact.onnx"), gaussianFile([1, 28, 28]));
    writeFileSync(join(folder, "point.onnx"), gaussianFile([2, 1, 1]));
    const [main, guide] = [1, 0.5].map((factor) => gaussianFile([1, 28, 28], factor));
    writeFileSync(join(folder, "guided.onnx"), guidedModel(main, guide, 0.25));
  });
  const evaluate = (model: string, ...args: readonly string[]) =>
    startCommand(folder, "evaluate", "--model", model, "--dataset", "glyphs", ...few, ...args).done;
  const files = (out: string) =>
    ["metrics.json", "report.html"].map((name) => readFileSync(join(folder, out, name), "utf8"));

  it("is the default of images, and twice the same to the byte", async () => {
    const [one, two, other, seeded] = await Promise.all([
      evaluate("exact.onnx", "--out", "one"),
      evaluate("exact.onnx", "--images", "--out", "two", "--batch", "3"),
      evaluate("guided.onnx", "--json"),
      evaluate("exact.onnx", "--seed", "1", "--out", "seeded"),
    ]);
    expect([one, two, other, seeded].map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    expect(files("one")).toEqual(files("two"));
    const guided = files("evaluations/exact");
    expect(JSON.parse(guided[0])).toMatchObject({ model: { guide: { name: "exact", weight: 0.25 } } });
    expect(guided[1]).toContain("exact, weight 0.25");
    for (const name of [
      "Fréchet distance",
      "KID",
      "precision",
      "recall",
      "recognised",
      "nearest training image",
    ])
      expect(one.stdout).toContain(`\n${name} `);
    const { images } = JSON.parse(other.stdout) as { images: { name: string; value: number }[] };
    const { floor } = JSON.parse(guided[0]) as { floor: { frechet: { mean: number; deviation: number } } };
    const error = floor.frechet.deviation / Math.sqrt(5); // of the mean of five draws
    expect(images).toContainEqual({ name: "frechet floor", value: floor.frechet.mean, error });
    expect(images).toContainEqual({ name: "frechet", value: expect.any(Number) as number });
    expect(images.map(({ name }) => name)).toContain("frechet over floor");
    expect(images.every(({ value }) => Number.isFinite(value))).toBe(true);
    const metrics = JSON.parse(files("one")[0]) as Record<string, Record<string, unknown>>;
    expect(metrics.model).not.toHaveProperty("guide");
    const range = { sigmaMin: 0.05, sigmaMax: 200, rho: 7 };
    expect(metrics).toMatchObject({
      version: 1,
      model: { name: "exact", sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string },
      dataset: { name: "glyphs", split: "test", test: 100, train: 200 },
      sampling: { count: 40, seed: 0, sampler: "heun", steps: 4, evaluations: 7, ...range },
      floor: { draws: 5, disjoint: true },
    });
    expect(metrics.samples.frechet).toBeGreaterThan((metrics.floor.frechet as { mean: number }).mean);
    const anew = JSON.parse(files("seeded")[0]) as typeof metrics;
    for (const drawn of ["samples", "floor", "ceiling"]) expect(anew[drawn]).not.toEqual(metrics[drawn]);
  });

  const on = ["--model", "exact.onnx", "--dataset", "glyphs", ...few];
  it.each([
    [
      "no judge none.onnx (train one by pnpm judge --dataset glyphs, or give --judge FILE)",
      [...on, "--judge", "none.onnx"],
    ],
    [
      "invalid split: train (samples are compared with test images, their floor comes from training images)",
      [...on, "--split", "train"],
    ],
    ["invalid count: 10 (need an integer >= 20)", ["--model", "exact.onnx", "--count", "10"]],
    ["invalid train-count: 10 (need an integer >= 20)", ["--model", "exact.onnx", "--train-count", "10"]],
    [
      "invalid count: 300 (glyphs has 200 images to compare with)",
      [...on.slice(0, 4), "--count", "300", "--train-count", "200"],
    ],
    ["invalid guidance: 1,2 (need a number)", [...on, "--guidance", "1,2"]],
    ["label 3 given, but exact knows no classes", [...on, "--label", "3"]],
    ["steps and evaluations exclude each other: give one of them", [...on, "--steps", "5"]],
    ["unknown sampler: foo", [...on, "--sampler", "foo"]],
    [
      "exact makes points (need images, [C, H, W])",
      ["--images", "--model", "point.onnx", "--dataset", "gaussian"],
    ],
  ])("refuses: %s", async (message, args) => {
    expect(await refusedBy(folder, "evaluate", ...args)).toContain(message);
  });

  it("leaves no folder behind that was made for what is refused, and any that was there", async () => {
    const refused = (out: string) =>
      refusedBy(folder, "evaluate", ...on, "--judge", "none.onnx", "--out", join(out, "a", "b"));
    await refused("new");
    expect(existsSync(join(folder, "new"))).toBe(false);
    mkdirSync(join(folder, "there"));
    await refused("there");
    expect(readdirSync(join(folder, "there"))).toEqual([]);
    mkdirSync(join(folder, "there/a/b"), { recursive: true });
    await refused("there");
    expect(existsSync(join(folder, "there/a/b"))).toBe(true);
  });
});
