/** `pnpm export --half` and `--guide`: files that are made of files. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readCard } from "@ncsn/core";
import { exportModel, guidedModel, halfModel } from "@ncsn/export";
import { beforeAll, describe, expect, it } from "vitest";
import { trainedModel, type TrainedModel } from "../trained-model.ts";
import { trained, workplace } from "./export-command.ts";

const { folder, run, save, models } = workplace();

beforeAll(() => {
  for (const name of ["points", "large", "classes"] as const) save(name, trained[name]);
});

describe("--half", () => {
  it("writes a file of float16 weights beside the other, the same of a run as of its file", async () => {
    const { code, stdout, stderr } = await run(["large", "--half", "--check", "3"]);
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^file +models.large-half\.onnx$/m);
    expect(stdout).toMatch(/^against float64 +\S+e-[5-9] of the score's rms, at 3 noise levels/m);
    expect(stdout).toMatch(/^against probe +\S+e-[6-9] /m);
    expect(stdout).toMatch(/^against float32 +\S+e-[3-5] of the score's rms, at 3 noise levels/m);
    expect(stdout).toMatch(/^samples +differ by \S+ at most, \S+ rms \(64 by heun, 18 steps/m);
    const half = readFileSync(join(folder, "models/large-half.onnx"));
    expect(readCard(half)).toMatchObject({ name: "large", weights: "float16" });

    await run(["large", "--out", "full.onnx", "--check", "2"]);
    const again = await run(["--half", "--from", "full.onnx", "--out", "again.onnx", "--check", "2"]);
    expect(again.code, again.stderr).toBe(0);
    expect(readFileSync(join(folder, "again.onnx")).equals(half)).toBe(true);
  });

  it("writes nothing with --dry-run", async () => {
    const before = models();
    const { code, stdout } = await run(["classes", "--half", "--dry-run"]);
    expect([code, models()]).toEqual([0, before]);
    expect(stdout).toMatch(/^file +models.classes-half\.onnx$/m);
  });
});

describe("the check", () => {
  it("is at fewer noise levels where scores cost more: by one network or by both", async () => {
    const options = { channels: 4, multipliers: [1, 2], embedding: 24, features: 20 };
    const wide = trainedModel({ options, shape: [1, 128, 128] });
    save("wide", wide, { probe: trained.classes.probe() }); // which nobody looks at
    const levels = async (...args: readonly string[]) => {
      const { stdout } = await run(["wide", ...args, "--dry-run"]);
      return Number(/^checks +(\d+) /m.exec(stdout)?.[1]);
    };
    const own = await levels("--half");
    expect(own).toBe(await levels());
    expect(own).toBeGreaterThan(8);
    expect(own).toBeLessThan(64);
    expect(await levels("--guide", "wide")).toBe(Math.floor(own / 2));
  });
});

describe("--guide", () => {
  const fileOf = (name: string, { config, parameters, probe }: TrainedModel): Uint8Array =>
    exportModel({ config: { ...config, name }, step: 7, parameters, probe: probe() });
  const [main, guide] = [fileOf("large", trained.large), fileOf("points", trained.points)];

  it("writes a run and the run that guides it as one file, by the weight told", async () => {
    const { code, stdout, stderr } = await run([
      "large",
      "--guide",
      "points",
      "--guidance",
      "2.5",
      "--check",
      "3",
    ]);
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^file +models.large-guided\.onnx$/m);
    expect(stdout).toMatch(/^guide +points, trained on 56 images, weight 2\.5$/m);
    expect(stdout).toMatch(/^multiply-adds +[\d,]+ an image, [\d,]+ of them the guide's$/m);
    expect(stdout).toMatch(/^against float64 +\S+e-[5-9] of the score's rms, at 3 noise levels, of both/m);
    expect(stdout).toMatch(/^against probe +\S+e-[5-9] of the score's rms, at 4 noise levels$/m);
    const guided = readFileSync(join(folder, "models/large-guided.onnx"));
    expect(guided.equals(guidedModel(main, guide, 2.5))).toBe(true);
  });

  it("takes files, the weight 1 unless told, and --half", async () => {
    writeFileSync(join(folder, "main.onnx"), main);
    writeFileSync(join(folder, "guide.onnx"), guide);
    const files = ["--from", "main.onnx", "--guide", "guide.onnx"];
    const { code, stdout, stderr } = await run([...files, "--half", "--check", "2"]);
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^file +models.large-guided-half\.onnx$/m);
    const half = readFileSync(join(folder, "models/large-guided-half.onnx"));
    expect(half.equals(halfModel(guidedModel(main, guide, 1)))).toBe(true);
  });

  it("writes nothing with --dry-run", async () => {
    const before = models();
    const { code, stdout } = await run(["points", "--guide", "large", "--dry-run"]);
    expect([code, models()]).toEqual([0, before]);
    expect(stdout).toMatch(/^file +models.points-guided\.onnx$/m);
    expect(stdout).toMatch(/^guide +large, trained on 56 images, weight 1$/m);
  });
});
