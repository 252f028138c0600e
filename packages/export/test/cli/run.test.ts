/** `pnpm export` of a run: which one, what is written, and what is not. */
import { mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readCard } from "@ncsn/core";
import { decodeModel } from "@ncsn/export";
import { beforeAll, describe, expect, it } from "vitest";
import { trained, workplace } from "./export-command.ts";

const { folder, run, save, models } = workplace();

beforeAll(() => {
  save("classes", trained.classes, { engine: "an engine" });
  const probe = trained.points.probe();
  save("wrong-probe", trained.points, {
    probe: { ...probe, scores: probe.scores.map((row) => row.map((s) => 1.001 * s)) },
  });
  save("copied", trained.points, { name: "points" });
  const later = Date.now() / 1000 + 60;
  utimesSync(save("points", trained.points), later, later);
});

describe("an export", () => {
  it("takes the newest run and says which", async () => {
    const { code, stdout, stderr } = await run([]);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringMatching(/^the newest run, runs.points.checkpoint/) as string,
    });
    expect(stdout).toMatch(/^file +models.points\.onnx$/m);
    expect(stdout).toMatch(/^against float64 +\S+e-[6-9] of the score's rms, at 64 noise levels$/m);
    expect(stdout).toMatch(/^against trainer +\S+e-[6-9] of the score's rms, at 4 noise levels$/m);
    const card = readCard(readFileSync(join(folder, "models/points.onnx")));
    expect(card).toMatchObject({
      name: "points",
      shape: [2, 1, 1],
      training: { step: 7, dataset: "gaussian" },
    });
    expect(card.training.images).toBe(7 * trained.points.config.batch);
    expect(card.training).not.toHaveProperty("engine");
    expect(card.training).not.toHaveProperty("seconds");
  });

  it("tells who trained it, and for how long: up to the checkpoint, from metrics that go on and break off", async () => {
    const folderOf = join(folder, "runs/classes");
    const lines = [3, 7, 10].map((step) => JSON.stringify({ step, loss: 1, seconds: 100 * step }));
    writeFileSync(join(folderOf, "metrics.jsonl"), `${lines.join("\n")}\n{"step":7,"sec`);
    await run(["classes", "--check", "2", "--out", "timed.onnx"]);
    expect(readCard(readFileSync(join(folder, "timed.onnx"))).training).toMatchObject({
      engine: "an engine",
      seconds: 700,
    });
  });

  it.each([
    ["a folder", "runs/classes"],
    ["a checkpoint file", "runs/classes/checkpoint.safetensors"],
    ["a name", "classes"],
  ])("takes %s, with labels, a fixed batch and a place to go", async (_, named) => {
    const { code, stderr } = await run([
      named,
      "--batch",
      "3",
      "--out",
      "here.onnx",
      "--check",
      "5",
      "--seed",
      "9",
    ]);
    expect(code, stderr).toBe(0);
    const { graph } = decodeModel(readFileSync(join(folder, "here.onnx")));
    expect(graph.inputs.map(({ name, shape }) => [name, shape[0]])).toEqual([
      ["x", 3],
      ["sigma", 3],
      ["label", 3],
    ]);
    rmSync(join(folder, "here.onnx"));
  });

  it("takes a copy whose folder has another name, with a place to go", async () => {
    const before = models();
    const { code, stderr } = await run(["copied", "--out", "copy.onnx"]);
    expect(code, stderr).toBe(0);
    expect([readCard(readFileSync(join(folder, "copy.onnx"))).name, models()]).toEqual(["points", before]);
    rmSync(join(folder, "copy.onnx"));
  });

  it("writes nothing with --dry-run", async () => {
    const before = models();
    const { code, stdout } = await run(["classes", "--dry-run"]);
    expect([code, models()]).toEqual([0, before]);
    expect(stdout).toMatch(/^parameters +[\d,]+$/m);
    expect(stdout).toMatch(/^checks +64 images, about 1 s$/m);
  });

  it("has help", async () => {
    const { code, stdout } = await run(["--help"]);
    expect([code, stdout]).toEqual([0, expect.stringContaining("--dry-run") as string]);
  });
});

describe("a file that computes something else", () => {
  it("is not left behind, and the one before it stays", async () => {
    mkdirSync(join(folder, "models"), { recursive: true });
    writeFileSync(join(folder, "models/wrong-probe.onnx"), "the one before");
    const { code, stdout, stderr } = await run(["wrong-probe"]);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(
      /^error: models.wrong-probe\.onnx was not written: its scores differ from those that the trainer wrote down by \S+ of their rms \(allowed: 0\.0001\)$/m,
    );
    expect(readFileSync(join(folder, "models/wrong-probe.onnx"), "utf8")).toBe("the one before");
    expect(models().filter((name) => !name.endsWith(".onnx"))).toEqual([]);
  });

  it("is not left behind by Ctrl-C", async () => {
    const seen: string[] = [];
    const { code } = await run(["classes", "--check", "100000"], (stderr, kill) => {
      if (!stderr.includes("checking")) return;
      seen.push(...models());
      kill();
    });
    expect(code).toBe(130);
    expect(seen.some((name) => name.endsWith(".tmp"))).toBe(true);
    expect(models().filter((name) => name.endsWith(".tmp") || name === "classes.onnx")).toEqual([]);
  });
});
