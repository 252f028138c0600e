/** The command line of sampling as a process: what it prints, writes, refuses and survives. It is long because it is one room. */
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, describe, expect, it } from "vitest";
import { load } from "@ncsn/infer/node";
import { gaussianModel } from "./gaussian-model.ts";
import { inFolder, runCommand } from "./sample-command.ts";

const models = mkdtempSync(join(tmpdir(), "ncsn-models-"));
const model = (name: string, bytes: Uint8Array): string => {
  writeFileSync(join(models, name), bytes);
  return join(models, name);
};
const images = model("images.onnx", gaussianModel());
const points = model("points.onnx", gaussianModel({ shape: [2, 1, 1], pixels: { scale: 1, offset: 0 } }));
const classes = model("classes.onnx", gaussianModel({ classes: ["zero", "one"] }));
const early = { name: "early", weight: 2, training: {} };
const guided = model("guided.onnx", gaussianModel({ card: { guide: early } }));
const bad = {
  text: model("text.onnx", Buffer.from("hello there, this is text")),
  truncated: model("truncated.onnx", gaussianModel().subarray(0, 300)),
  noCard: model("no-card.onnx", gaussianModel({}, false)),
  wrong: model("wrong.onnx", gaussianModel({ flaw: 1.1 })),
};
afterAll(() => rmSync(models, { recursive: true }));

const sample = (folder: string, ...args: readonly string[]) =>
  runCommand(folder, ["sample", "--device", "cpu", ...args]);

/** float32 values of a .npy file. */
function readNpy(file: string): { header: string; data: Float32Array } {
  const bytes = readFileSync(file);
  const end = 10 + bytes.readUInt16LE(8);
  return {
    header: bytes.toString("latin1", 10, end),
    data: new Float32Array(Uint8Array.from(bytes.subarray(end)).buffer),
  };
}

describe("pnpm sample", () => {
  it("writes a grid into images/ and says what it took", () =>
    inFolder(async (folder) => {
      const { code, stdout, stderr } = await sample(folder, "--model", images, "--seed", "5", "--count", "6");
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(stdout).toMatch(/^images\/gaussian-5\.png +6 samples of seed 5 in [\d.]+ s\n/);
      expect(stdout).toContain("heun, 18 steps, 35 evaluations each");
      const { width, height } = await sharp(join(folder, "images/gaussian-5.png")).metadata();
      expect([width, height]).toEqual([26 * 20, 26 * 14]); // 3 × 2 images of 4 × 4, gaps of 2, 20 times
    }));

  it("writes the very samples that the library gives", () =>
    inFolder(async (folder) => {
      const { code } = await sample(
        folder,
        "--model",
        images,
        "--count",
        "600",
        "--first",
        "3",
        "--batch",
        "7",
        "--out",
        "a/b/x.npy",
      );
      expect(code).toBe(0);
      const { header, data } = readNpy(join(folder, "a/b/x.npy"));
      expect(header).toContain("'shape': (600, 1, 4, 4)");
      const library = await load(images, { device: "cpu" });
      expect(data).toEqual((await library.sample({ count: 600, first: 3 })).data);
      await library.dispose();
    }));

  it("writes a folder, an image a file by its number, and adds to it", () =>
    inFolder(async (folder) => {
      for (const first of ["0", "4"]) {
        const { code } = await sample(
          folder,
          "--model",
          images,
          "--count",
          "2",
          "--first",
          first,
          "--out",
          "set",
          "--scale",
          "3",
        );
        expect(code).toBe(0);
      }
      expect(readdirSync(join(folder, "set"))).toEqual(["0000.png", "0001.png", "0004.png", "0005.png"]);
      expect(await sharp(join(folder, "set/0004.png")).metadata()).toMatchObject({ width: 12, height: 12 });
      expect(readdirSync(folder)).toEqual(["set"]);
    }));

  it("writes an animation of the sampling", () =>
    inFolder(async (folder) => {
      const langevin = [
        "--sampler",
        "annealed-langevin",
        "--steps",
        "40",
        "--steps-per-level",
        "5",
        "--no-denoise",
      ];
      const { code, stdout } = await sample(
        folder,
        "--model",
        images,
        "--count",
        "4",
        ...langevin,
        "--out",
        "a.gif",
        "--view",
        "denoised",
      );
      expect(code).toBe(0);
      expect(stdout).toContain("annealed-langevin, 40 steps, 200 evaluations each");
      const { pages, delay } = await sharp(join(folder, "a.gif"), { animated: true }).metadata();
      expect(pages).toBe(51); // every fourth of 200, and the last
      expect(delay?.at(-1)).toBe(2000);
    }));

  it("plots points, and animates them", () =>
    inFolder(async (folder) => {
      expect((await sample(folder, "--model", points, "--count", "50", "--out", "p.png")).code).toBe(0);
      expect((await sample(folder, "--model", points, "--count", "50", "--out", "p.gif")).code).toBe(0);
      expect(await sharp(join(folder, "p.png")).metadata()).toMatchObject({ width: 640, channels: 3 });
      expect((await sharp(join(folder, "p.gif"), { animated: true }).metadata()).pages).toBe(18);
    }));

  it("draws points as .svg, with the score and their ways", () =>
    inFolder(async (folder) => {
      const args = ["--model", points, "--count", "50", "--out", "p.svg", "--field", "0.5"];
      const { code, stderr } = await sample(folder, ...args, "--trajectories", "7");
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      const svg = readFileSync(join(folder, "p.svg"), "utf8");
      expect(svg.match(/<circle /g)?.length).toBeGreaterThan(45);
      const paths = [...svg.matchAll(/ d="(M[^"]+)"/g)].map(([, d]) => d);
      expect(paths.filter((d) => d.split("L").length === 18)).toHaveLength(7); // of heun's 18 steps
      // N(0, s²I): all arrows point to the origin, so with the grid's symmetry their turns cancel
      const turns = [...svg.matchAll(/ rotate\(([^)]+)\)/g)].map(([, degrees]) => Number(degrees));
      expect(turns.length).toBeGreaterThan(390);
      expect(turns.some((turn) => turn > 90) && turns.some((turn) => turn < -90)).toBe(true);
    }));

  it("takes a model where none is named, and says which", () =>
    inFolder(async (folder) => {
      mkdirSync(join(folder, "models"));
      const judge = readFileSync(join(import.meta.dirname, "../../../models/judge-glyphs.onnx"));
      for (const [name, seconds, bytes] of [
        ["judge-glyphs", 3000, judge],
        ["new", 2000, gaussianModel()],
        ["old", 1000, gaussianModel()],
      ] as const) {
        const file = join(folder, "models", `${name}.onnx`);
        writeFileSync(file, bytes);
        utimesSync(file, seconds, seconds);
      }
      const { code, stderr } = await sample(folder, "--out", "x.npy");
      expect({ code, stderr }).toEqual({ code: 0, stderr: "model models/new.onnx, the newest\n" });
    }));

  it("says which device it took, and why not the others", () =>
    inFolder(async (folder) => {
      const args = ["sample", "--model", images, "--count", "1", "--out", "x.npy"];
      const { code, stderr } = await runCommand(folder, args);
      expect(code, stderr).toBe(0);
      expect(stderr).toMatch(/^device (cuda|webgpu|cpu, \d+ threads?) \(\S[^\n]+\)\n$/);
      for (const name of ["cuda", "webgpu", "cpu"])
        expect(new RegExp(`[(;] ?${name}: `).test(stderr)).not.toBe(stderr.startsWith(`device ${name}`));
    }));

  it("says with --dry-run what it would do, and does not", () =>
    inFolder(async (folder) => {
      const { code, stdout } = await sample(
        folder,
        "--model",
        guided,
        "--dry-run",
        "--evaluations",
        "21",
        "--count",
        "10",
      );
      expect(code).toBe(0);
      for (const line of [
        /^guide +early, weight 2, in the file$/m,
        /^sampler +heun, 11 steps$/m,
        /^noise +karras, sigma 10 to 0.01$/m,
        /^evaluations +21 an image, 210 in all$/m,
        /^memory +about \d+ MB$/m,
        /^time +about .+ s, at [\d,]+ evaluations\/s$/m,
        /^out +images\/gaussian-0.png$/m,
      ])
        expect(stdout).toMatch(line);
      expect(readdirSync(folder)).toEqual([]);
    }));

  it("samples a class by name", () =>
    inFolder(async (folder) => {
      expect(
        (await sample(folder, "--model", classes, "--label", "one", "--count", "50", "--out", "x.npy")).code,
      ).toBe(0);
      const { data } = readNpy(join(folder, "x.npy"));
      expect(data.reduce((sum, value) => sum + value, 0) / data.length).toBeGreaterThan(0.8);
    }));

  it.each([40, 601])("samples classes in turn, which belong to the images' numbers: %s images", (count) =>
    inFolder(async (folder) => {
      const args = `--model ${classes} --label one,0 --count ${count} --first 1 --out x.npy`.split(" ");
      expect((await sample(folder, ...args)).code).toBe(0);
      const { data } = readNpy(join(folder, "x.npy"));
      const size = data.length / count;
      const mean = (parity: number): number => {
        const values = data.filter((_, i) => Math.floor(i / size) % 2 === parity);
        return values.reduce((sum, value) => sum + value, 0) / values.length;
      };
      expect(mean(0)).toBeLessThan(0.6); // image 1 comes first
      expect(mean(1)).toBeGreaterThan(0.8);
    }),
  );

  it("lists samplers with papers and defaults in its help", async () => {
    const { code, stdout } = await runCommand(".", ["sample", "--help"]);
    expect(code).toBe(0);
    expect(stdout).toContain("probability-flow ODE, Heun's method (Karras et al. 2022, algorithm 1)");
    expect(stdout).toContain(
      "5N + 1 evaluations; steps=100 schedule=geometric steps-per-level=5 denoise=true",
    );
    expect(stdout).toContain("--steps-per-level");
  });

  it("measures Langevin's steps against theory, with advice", () =>
    inFolder(async (folder) => {
      const args = ["--model", images, "--sampler", "annealed-langevin", "--steps", "30", "--diagnose"];
      const { code, stdout } = await sample(folder, ...args, "--epsilon", "1e-9", "--out", "x.png");
      expect(code).toBe(0);
      const [, sigma, eta, ratio, theory] = /^ *(10) +(\S+) +(\S+) +(\S+) +\S+ +\S+$/m.exec(stdout) ?? [];
      expect([Number(sigma), Number(eta)]).toEqual([10, 1e-5]);
      expect(Number(ratio) / Number(theory)).toBeCloseTo(1, 0);
      expect(stdout).toMatch(
        /^the step is too small: at sigma \S+ x has \S+ times the variance of the level, /m,
      );
    }));

  it("stops at Ctrl-C with 130 and leaves nothing", { timeout: 30_000 }, () =>
    inFolder(async (folder) => {
      const began = performance.now();
      const long = ["sample", "--device", "cpu", "--model", images, "--steps", "1000000", "--out", "x.png"];
      const { code, stdout, stderr } = await runCommand(folder, long, 2500);
      expect({ code, stdout, stderr }).toEqual({ code: 130, stdout: "", stderr: "" });
      expect(performance.now() - began).toBeLessThan(10_000);
      expect(readdirSync(folder)).toEqual([]);
    }),
  );
});

describe("pnpm sample refuses with exit 2 and one line", () => {
  const refused = "x".repeat(3);
  it.each<[string, readonly string[], string]>([
    [
      "a model that is not there",
      ["--model", "none.onnx"],
      "cannot read the model none.onnx: there is no such file",
    ],
    [
      "no model at all",
      [],
      "no model in models/: give --model FILE, or make one with pnpm train and pnpm export",
    ],
    ["text", ["--model", bad.text], "this is not an ONNX file"],
    ["a truncated file", ["--model", bad.truncated], "this is not an ONNX file, or it is truncated"],
    ["a model without card", ["--model", bad.noCard], "no model card in this ONNX file"],
    [
      "a model that computes something else",
      ["--model", bad.wrong],
      "its scores are off by 0.14 of their rms",
    ],
    ["count 0", ["--model", images, "--count", "0"], "invalid count: 0 (need an integer >= 1)"],
    ["a seed of letters", ["--model", images, "--seed", refused], "invalid seed: xxx (need an integer >= 0)"],
    ["a negative seed", ["--model", images, "--seed=-1"], "invalid seed: -1 (need an integer >= 0)"],
    ["steps 0", ["--model", images, "--steps", "0"], "invalid steps: 0 (need an integer >= 1)"],
    [
      "more levels than memory",
      ["--model", images, "--steps", "1e9"],
      "invalid steps: 1000000000 (need an integer from 1 to 1000000)",
    ],
    [
      "more samples than memory",
      ["--model", images, "--count", "4e9"],
      "invalid count: 4000000000 (the samples take 256.0 GB of memory, this machine has",
    ],
    [
      "a seed that is not exact",
      ["--model", images, "--seed", "9007199254740993"],
      "invalid seed: 9007199254740993 (need an integer from 0 to 9007199254740991)",
    ],
    [
      "a scale too large",
      ["--model", images, "--scale", "99999"],
      "invalid scale: 99999 (need an integer from 1 to 64)",
    ],
    ["no steps", ["--model", images, "--no-steps"], "unknown argument: no-steps (--steps takes a value)"],
    ["no option", ["--model", images, "--no-option"], "unknown argument: no-option (--option takes a value)"],
    [
      "no option of a sampler",
      ["--model", images, "--no-epsilon"],
      "unknown argument: no-epsilon (--epsilon takes a value)",
    ],
    ["an empty place", ["--model", images, "--out", ""], "invalid out: nothing (need a value)"],
    [
      "an unknown sampler",
      ["--model", images, "--sampler", "verlet"],
      "unknown sampler: verlet (known: heun, euler, ",
    ],
    [
      "an unknown schedule",
      ["--model", images, "--schedule", "flat"],
      "unknown schedule: flat (known: geometric, linear, karras, ",
    ],
    [
      "an unknown view",
      ["--model", images, "--view", "score"],
      "unknown view: score (known: x, scaled, denoised)",
    ],
    ["an unknown device", ["--model", images, "--device", "tpu"], "--device is given 2 times"],
    [
      "another sampler's option",
      ["--model", images, "--epsilon", "1e-5"],
      "unknown option of heun: epsilon (it has none)",
    ],
    [
      "an unknown option",
      ["--model", images, "--option", "churn=1"],
      "unknown option of heun: churn (it has none)",
    ],
    [
      "an option without value",
      ["--model", images, "--option", "eta"],
      "invalid option: eta (need NAME=VALUE)",
    ],
    [
      "a value that is no number",
      ["--model", images, "--sampler", "annealed-langevin", "--epsilon", "small"],
      "invalid epsilon: small (need a number)",
    ],
    [
      "a value that is neither true nor false",
      ["--model", images, "--sampler", "annealed-langevin", "--option", "denoise=maybe"],
      "invalid denoise: maybe (need true or false)",
    ],
    [
      "a label where there are no classes",
      ["--model", images, "--label", "3"],
      "label 3 given, but gaussian knows no classes",
    ],
    [
      "an unknown label",
      ["--model", classes, "--label", "two"],
      "unknown label: two (known: zero, one, or 0 to 1; -1 for none)",
    ],
    [
      "an ending that is not ours",
      ["--model", images, "--out", "x.jpg"],
      "invalid out: x.jpg (need a name in .png, .svg, .gif or .npy, or a folder)",
    ],
    [
      "a place below a file",
      ["--model", images, "--out", `${images}/x.png`],
      `cannot write ${images}/x.png: ${images} is not a folder`,
    ],
    ["a folder in place of a file", ["--model", images, "--out", "."], "is a folder"],
    ["points as a folder", ["--model", points, "--out", "set"], "points cannot be written one by one"],
    ["images as .svg", ["--model", images, "--out", "x.svg"], "images cannot be written as .svg"],
    [
      "the score of images",
      ["--model", images, "--field", "1"],
      "field is for points of the plane in .svg or .png",
    ],
    [
      "ways in an animation",
      ["--model", points, "--trajectories", "5", "--out", "x.gif"],
      "trajectories is for points of the plane in .svg or .png",
    ],
    [
      "two budgets",
      ["--model", images, "--steps", "3", "--evaluations", "9"],
      "steps and evaluations exclude each other",
    ],
    [
      "a flag that is neither true nor false",
      ["--model", images, "--dry-run=maybe"],
      "invalid dry-run: maybe (need true or false)",
    ],
    [
      "a sampler's flag that is neither",
      ["--model", images, "--denoise=maybe"],
      "invalid denoise: maybe (need true or false)",
    ],
    [
      "a folder of other things",
      ["--model", images, "--out", "./"],
      "cannot write ./: it holds keep, which is no sample (need a new folder, or one of samples)",
    ],
    [
      "an unknown flag",
      ["--model", images, "--gidance", "2"],
      "Unknown argument: gidance (known: --model, --count, --seed, ",
    ],
    ["a flag without value", ["--model"], "Not enough arguments following: model"],
  ])("%s", (_, args, message) =>
    inFolder(async (folder) => {
      writeFileSync(join(folder, "keep"), "");
      const out = args.includes(".") ? args.map((arg) => (arg === "." ? "./a.png" : arg)) : args;
      if (args.includes(".")) mkdirSync(join(folder, "a.png"));
      const { code, stdout, stderr } = await sample(folder, ...out);
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toMatch(/^error: [^\n]+\n$/);
      expect(stderr).toContain(message);
      expect(readdirSync(folder).filter((name) => name !== "a.png")).toEqual(["keep"]);
    }),
  );

  it("an unknown device, an unknown command and none", async () => {
    expect(await runCommand(".", ["sample", "--device", "tpu"])).toMatchObject({
      code: 2,
      stderr: "error: unknown device: tpu (known: auto, cuda, webgpu, cpu)\n",
    });
    expect((await runCommand(".", ["simple"])).code).toBe(2);
    expect((await runCommand(".", [])).stderr).toBe("error: no command (known: sample, devices)\n");
  });
});

describe("pnpm sample fails with exit 1", () => {
  it("where x stops being finite, after a note", () =>
    inFolder(async (folder) => {
      const { code, stderr } = await sample(
        folder,
        "--model",
        images,
        "--sampler",
        "annealed-langevin",
        "--epsilon",
        "3",
      );
      expect(code).toBe(1);
      expect(stderr).toMatch(/^note: epsilon 3 is unstable.*\nerror: annealed-langevin lost itself/);
      expect(readdirSync(folder)).toEqual([]);
    }));
});

describe("pnpm devices", () => {
  it("has a line for each device", async () => {
    const { code, stdout } = await runCommand(".", ["devices"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^cpu +yes +\d+ cores?$/m);
    for (const name of ["cuda", "webgpu"])
      expect(stdout).toMatch(new RegExp(`^${name} +(yes|no) +\\S.*$`, "m"));
  });
});
