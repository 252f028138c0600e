/** `pnpm export --sampler`: the sampler in a file's card, and nothing else. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readCard, type SamplerChoice } from "@ncsn/core";
import { decodeModel, exportModel, guidedModel, halfModel, withSampler } from "@ncsn/export";
import { load } from "@ncsn/infer/node";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { readSampler, sampledBy } from "../../src/cli/sampler-choice.ts";
import { trained, workplace } from "./export-command.ts";

const { folder, run, save, models } = workplace();
const read = (name: string): Uint8Array => readFileSync(join(folder, name));

/** The file of a run as it is without the option. */
function plain(name: "large" | "points"): Uint8Array {
  const { config, parameters, probe } = trained[name];
  return exportModel({ config: { ...config, name }, step: 7, parameters, probe: probe() });
}
const [large, points] = [plain("large"), plain("points")];
const sde: SamplerChoice = { name: "sde-dpm-2m", steps: 7, options: { eta: 0.5 } };
const asSde = ["--sampler", "sde-dpm-2m", "--steps", "7", "--option", "eta=0.5"];

beforeAll(() => {
  save("large", trained.large);
  save("points", trained.points);
});

describe("a file with a sampler of its own", () => {
  it("is the run's file but for the card, which sampling follows", async () => {
    const { code, stdout, stderr } = await run(["large", ...asSde, "--check", "2"]);
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^sampler +sde-dpm-2m, 7 steps, eta 0\.5, 7 evaluations an image$/m);
    const file = read("models/large.onnx");
    const card = readCard(file);
    expect(card.sampler).toEqual(sde);
    expect(withSampler(file, readCard(large).sampler)).toEqual(large);

    const [ours, theirs] = [await load(file, { workers: 1 }), await load(large, { workers: 1 })];
    const request = { sampler: "sde-dpm-2m", steps: 7, options: { eta: 0.5 } } as const;
    expect(await ours.sample({ count: 2 })).toEqual(await theirs.sample({ ...request, count: 2 }));
    expect(await ours.sample({ count: 2 })).not.toEqual(await theirs.sample({ count: 2 }));
    await Promise.all([ours.dispose(), theirs.dispose()]);
  });

  it("can be made of a file that is there, in its place", async () => {
    writeFileSync(join(folder, "there.onnx"), large);
    const args = ["--from", "there.onnx", "--out", "there.onnx", "--check", "3"];
    const { code, stdout, stderr } = await run([...args, ...asSde]);
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^against float64 +\S+e-[6-9] of the score's rms, at 3 noise levels$/m);
    expect(stdout).toMatch(/^against probe +\S+e-[5-9] of the score's rms, at 4 noise levels$/m);
    expect(read("there.onnx")).toEqual(Buffer.from(withSampler(large, sde)));
  });

  it("is not left behind where its scores are wrong, and the one before it stays", async () => {
    const card = readCard(large);
    const scores = card.probe.scores.map((row) => row.map((score) => 1.001 * score));
    const { config, parameters } = trained.large;
    const wrong = exportModel({ config, step: 7, parameters, probe: { ...card.probe, scores } });
    writeFileSync(join(folder, "wrong.onnx"), wrong);
    const args = ["--from", "wrong.onnx", "--out", "wrong.onnx", "--check", "2", ...asSde];
    const { code, stderr } = await run(args);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/wrong\.onnx was not written: its scores/)]);
    expect(read("wrong.onnx")).toEqual(Buffer.from(wrong));
  });

  it("may be guided and halved", async () => {
    const { code, stdout, stderr } = await run([
      "large",
      "--guide",
      "points",
      "--half",
      ...asSde,
      "--check",
      "2",
    ]);
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^sampler +sde-dpm-2m, 7 steps/m);
    const expected = withSampler(halfModel(guidedModel(large, points, 1)), sde);
    expect(read("models/large-guided-half.onnx")).toEqual(Buffer.from(expected));
  });

  it("is not written with --dry-run, which says what it would be", async () => {
    const before = models();
    const { code, stdout } = await run(["points", ...asSde, "--dry-run"]);
    expect([code, models()]).toEqual([0, before]);
    expect(stdout).toMatch(/^sampler +sde-dpm-2m, 7 steps, eta 0\.5, 7 evaluations an image$/m);
  });
});

describe("what is typed", () => {
  const said = vi.spyOn(console, "error").mockImplementation(() => undefined);
  beforeEach(() => void said.mockClear());
  afterAll(() => said.mockRestore());

  const langevin: SamplerChoice = {
    name: "annealed-langevin",
    steps: 5,
    options: { stepsPerLevel: 3, alpha: 1e-6, denoise: false },
    prior: "uniform",
  };
  const heun: SamplerChoice = { name: "heun", steps: 18, options: {} };
  /** The choice in the card of a file that had another. */
  const chosen = (before: SamplerChoice, typed: Parameters<typeof readSampler>[0]): SamplerChoice =>
    readCard(sampledBy(withSampler(points, before), readSampler(typed))).sampler;

  it.each([
    ["steps alone", langevin, { steps: "9" }, { ...langevin, steps: 9 }],
    [
      "an option alone",
      langevin,
      { option: "denoise=true" },
      { ...langevin, options: { ...langevin.options, denoise: true } },
    ],
    [
      "an option instead of another",
      langevin,
      { option: "epsilon=2e-6" },
      { ...langevin, options: { stepsPerLevel: 3, epsilon: 2e-6, denoise: false } },
    ],
    [
      "several options",
      langevin,
      { option: ["denoise=true", "steps-per-level=2"] },
      { ...langevin, options: { stepsPerLevel: 2, alpha: 1e-6, denoise: true } },
    ],
    ["the same sampler", langevin, { sampler: "annealed-langevin" }, langevin],
    ["another sampler", langevin, { sampler: "heun" }, heun],
    ["a schedule", sde, { schedule: "linear" }, { ...sde, schedule: "linear" }],
    ["levels of noise", sde, { "sigma-max": "20" }, { ...sde, sigmaMax: 20 }],
    [
      "the other end",
      { ...sde, sigmaMax: 20 },
      { "sigma-min": "0.1" },
      { ...sde, sigmaMin: 0.1, sigmaMax: 20 },
    ],
    ["another sampler, whose range it was not", { ...sde, sigmaMax: 20 }, { sampler: "heun" }, heun],
    ["the natural schedule", { ...sde, schedule: "linear" }, { schedule: "karras" }, sde],
  ] as const)("%s changes no more than it says", (_, before, typed, after) => {
    expect(chosen(before, typed)).toEqual(after);
  });

  it("is followed by advice on what will not work well", () => {
    chosen(langevin, { option: "alpha=1" });
    expect(said.mock.calls).toEqual([[expect.stringMatching(/^note: alpha 1 is unstable/)]]);
  });

  it("may be nothing, and the file is the same", () => {
    expect(readSampler({})).toBeUndefined();
    expect(sampledBy(points, undefined)).toBe(points);
  });

  it.each([
    [{ sampler: "nope" }, /^unknown sampler: nope \(known: heun, /],
    [{ schedule: "nope" }, /^unknown schedule: nope \(known: geometric, /],
    [{ steps: "0" }, /^invalid steps: 0 \(need an integer >= 1\)$/],
    [{ steps: "2.5" }, /^invalid steps: 2\.5 \(need an integer >= 1\)$/],
    [{ steps: "1000001" }, /^invalid steps: 1000001 \(need an integer from 1 to 1000000\)$/],
    [{ steps: ["1", "2"] }, /^--steps is given 2 times$/],
    [{ option: "eta" }, /^invalid option: eta \(need NAME=VALUE\)$/],
    [{ option: false }, /^unknown argument: no-option \(--option takes a value\)$/],
    [{ option: "eta=1" }, /^unknown option of heun: eta \(it has none\)$/],
    [{ sampler: "ddim", option: "eta=2" }, /^invalid eta: 2 \(need a number from 0 to 1\)$/],
    [{ sampler: "ddim", option: ["eta=0", "eta=1"] }, /^option eta is given twice$/],
    [{ sampler: "annealed-langevin", option: ["epsilon=1", "alpha=1"] }, /^\S+ and \S+ exclude each other/],
  ] as const)("%j is refused in one line", (typed, message) => {
    expect(() => sampledBy(points, readSampler(typed))).toThrow(
      expect.objectContaining({ name: "UsageError", message: expect.stringMatching(message) as string }),
    );
  });

  it("leaves the graph and the rest of the card alone", () => {
    const file = withSampler(large, sde);
    expect(decodeModel(file).graph).toEqual(decodeModel(large).graph);
    expect(readCard(file)).toEqual({ ...readCard(large), sampler: sde });
    expect(withSampler(large, readCard(large).sampler)).toEqual(large);
  });
});
