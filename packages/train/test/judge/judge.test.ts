import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CardError, readJudgeCard, type JudgeCard } from "@ncsn/core";
import { encodeModel, tape } from "@ncsn/export";
import { openDataset, openJudge, testJudge, type Judge } from "@ncsn/train/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dataKey } from "../../src/batches.ts";
import { refusedBy } from "../refused.ts";
import { startCommand, workFolder } from "../training-command.ts";

const models = join(import.meta.dirname, "../../../../models");

const tiny = "judge --dataset glyphs --channels 8,16 --width 16 --batch 32".split(" ");
const judgeIn = (folder: string, ...args: readonly string[]) => startCommand(folder, ...tiny, ...args);

/** Some images of glyphs' test half, and their classes. */
async function glyphs(count: number, seed = 0) {
  const { dataset } = await openDataset({ name: "glyphs", split: "test", key: dataKey(seed) });
  const pixels = new Float32Array(count * 784);
  const classes = Array.from({ length: count }, (_, i) => dataset.read(i, pixels, i * 784));
  return { pixels, classes };
}

describe("pnpm judge", () => {
  const folder = workFolder(afterAll);
  let code: number | null;
  let said: string;
  let card: JudgeCard;
  beforeAll(async () => {
    ({ code, stdout: said } = await judgeIn(folder, "--steps", "300").done);
    card = readJudgeCard(readFileSync(join(folder, "models/judge-glyphs.onnx")));
  }, 120_000);

  it("learns to tell digits apart, where chance names a tenth of them", () => {
    expect(code).toBe(0);
    expect(card.test.accuracy).toBeGreaterThan(0.8);
  });

  it("writes what it measured and how it was trained into the file, and says so", () => {
    const { accuracy, errors } = card.test;
    expect(accuracy).toBe(1 - errors / 10_000);
    expect(said).toContain(`models/judge-glyphs.onnx: 300 steps of 32`);
    expect(said).toContain(`${(100 * accuracy).toFixed(2)}%, ${errors.toLocaleString("en-US")} of 10,000`);
    expect({ ...card, test: {} }).toEqual({
      version: 1,
      name: "judge-glyphs",
      shape: [1, 28, 28],
      classes: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
      width: 16,
      dataset: { name: "glyphs", train: null, test: 10_000 },
      test: {},
      network: { classes: 10, width: 16, channels: [8, 16] },
      training: { steps: 300, batch: 32, rate: 0.002, seed: 0, shift: 1 },
    });
  });

  it("makes the same bytes of the same command", async () => {
    const file = async (name: string) => {
      const { code } = await judgeIn(folder, "--steps", "4", "--out", name).done;
      expect(code).toBe(0);
      return readFileSync(join(folder, name)).toString("base64");
    };
    expect(await file("a.onnx")).toBe(await file("b.onnx"));
  });

  it("stops at Ctrl-C and writes nothing", async () => {
    const running = judgeIn(folder, "--steps", "1000000", "--out", "stopped.onnx");
    await running.said("step 1/");
    running.kill("SIGINT");
    const { code, stdout, stderr } = await running.done;
    expect({ code, stdout }).toEqual({ code: 130, stdout: "" });
    expect(stderr).toContain("stopped; nothing was written");
    expect(readdirSync(folder).filter((name) => name.includes("stopped"))).toEqual([]);
  });

  it("--dry-run says what it would do and writes nothing", async () => {
    const { code, stdout } = await judgeIn(folder, "--steps", "9", "--out", "dry.onnx", "--dry-run").done;
    expect(code).toBe(0);
    expect(stdout).toMatch(/^length +9 steps of 32, rate 0\.002$/m);
    expect(stdout).toMatch(/^ +down0\.weight +\[8, 1, 3, 3\]$/m);
    expect(readdirSync(folder)).not.toContain("dry.onnx");
  });

  it.each([
    ["two-moons has no images to judge", ["--dataset", "two-moons"]],
    ["--steps and --epochs both say how long (give one)", ["--steps", "3", "--epochs", "1"]],
    ["invalid out: judge (need a name that ends in .onnx)", ["--out", "judge"]],
    ["invalid shift: -1 (need an integer >= 0)", ["--shift=-1"]],
    ["invalid rate: 0 (need a number > 0)", ["--rate", "0"]],
  ])("refuses: %s", async (message, args) => {
    expect(await refusedBy(folder, "judge", ...args)).toBe(message);
  });
});

describe("openJudge", () => {
  let judge: Judge;
  beforeAll(async () => {
    judge = await openJudge(join(models, "judge-glyphs.onnx"));
  });
  afterAll(() => judge.dispose());

  it("says of an image what it says of it alone, wherever it stands among how many", async () => {
    const { pixels } = await glyphs(150);
    const whole = await judge.judge(pixels, 150);
    expect(whole.features.length).toBe(150 * judge.card.width);
    for (const [from, to] of [
      [0, 1],
      [149, 150],
      [60, 131],
    ]) {
      const part = await judge.judge(pixels.slice(from * 784, to * 784), to - from);
      expect(part.features).toEqual(whole.features.subarray(from * judge.card.width, to * judge.card.width));
      expect(part.probabilities).toEqual(whole.probabilities.subarray(from * 10, to * 10));
    }
  });

  it("gives probabilities that sum to 1, the largest to the class", async () => {
    const { pixels, classes } = await glyphs(200);
    const { probabilities } = await judge.judge(pixels, 200);
    let right = 0;
    classes.forEach((label, i) => {
      const row = probabilities.subarray(10 * i, 10 * i + 10);
      expect(row.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 6);
      if (row.indexOf(Math.max(...row)) === label) right += 1;
    });
    expect(right).toBeGreaterThan(180);
  });

  it("has features that other images change: noise and a move by two pixels, each further than less of it", async () => {
    const { pixels } = await glyphs(100);
    const { features } = await judge.judge(pixels, 100);
    const distanceOf = async (changed: Float32Array) => {
      const other = (await judge.judge(changed, 100)).features;
      return Math.hypot(...features.map((value, i) => value - other[i]));
    };
    const moved = (by: number) => pixels.map((_, i) => (i % 28 < by ? 0 : pixels[i - by]));
    const checkered = (by: number) =>
      pixels.map((value, i) => value + ((i + Math.floor(i / 28)) % 2 ? by : 0));
    const [one, two] = [await distanceOf(moved(1)), await distanceOf(moved(2))];
    expect(one).toBeGreaterThan(0.01 * Math.hypot(...features));
    expect(two).toBeGreaterThan(one);
    expect(await distanceOf(checkered(0.2))).toBeGreaterThan(await distanceOf(checkered(0.1)));
  });

  it("refuses images of another size, files that are no judges, and work after its end", async () => {
    await expect(judge.judge(new Float32Array(783), 1)).rejects.toThrow(
      "invalid pixels: 783 values (need 1 images of 1x28x28)",
    );
    const recording = tape("other");
    recording.output("y", recording.op("Neg", [recording.input("x", "float32", ["batch"])]));
    await expect(openJudge(encodeModel(recording.graph()))).rejects.toThrow(CardError);
    await expect(openJudge("nothing.onnx")).rejects.toThrow("there is no such file");
    const other = await openJudge(readFileSync(join(models, "judge-glyphs.onnx")));
    await other.dispose();
    await other.dispose();
    await expect(other.judge(new Float32Array(784), 1)).rejects.toThrow("has been disposed of");
  });

  it("can be told to stop", async () => {
    const stopped = AbortSignal.abort();
    await expect(openJudge(join(models, "judge-glyphs.onnx"), { signal: stopped })).rejects.toThrow(
      "aborted",
    );
  });
});

describe("the judges that are shipped are as good as their cards say", () => {
  /** Another processor rounds otherwise, so an image on the border of two classes may fall to the other. */
  const borderline = 2;
  const measured = async (name: string, data?: string) => {
    const judge = await openJudge(join(models, `judge-${name}.onnx`));
    const { training, dataset } = judge.card;
    const { dataset: test } = await openDataset({
      name,
      split: "test",
      key: dataKey(training.seed),
      ...(data !== undefined && { data }),
    });
    const found = await testJudge(judge, test, dataset.test);
    await judge.dispose();
    return { found, written: judge.card.test };
  };

  it("judge-glyphs", async () => {
    const { found, written } = await measured("glyphs");
    expect(Math.abs(found.errors - written.errors)).toBeLessThanOrEqual(borderline);
    expect(found.crossEntropy).toBeCloseTo(written.crossEntropy, 4);
    expect(found.accuracy).toBeGreaterThan(0.98);
  });

  const real = process.env["NCSN_DATA"];
  if (real === undefined) console.info("judge-mnist: skipped, NCSN_DATA names no folder with mnist/ in it");
  it.skipIf(real === undefined)("judge-mnist", async () => {
    const { found, written } = await measured("mnist", join(real ?? "", "mnist"));
    expect(Math.abs(found.errors - written.errors)).toBeLessThanOrEqual(borderline);
    expect(found.crossEntropy).toBeCloseTo(written.crossEntropy, 4);
  });
});
