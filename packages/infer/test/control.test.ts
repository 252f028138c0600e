/** Control through the library and the command line, on a model whose answers are known: N(label, s²) seen through noise. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { normals } from "@ncsn/core";
import { resolvePlan, type Model, type SampleRequest } from "@ncsn/infer";
import { load } from "@ncsn/infer/node";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { gaussianCard, gaussianModel } from "./gaussian-model.ts";
import { inFolder, runCommand } from "./sample-command.ts";

/** Ten standard deviations from either end of the pixels, so that nothing is clamped. */
const options = { classes: ["zero", "one"], pixels: { scale: 10, offset: -5 } };
const card = gaussianCard(options);
const pixels = 16;
const ramp = Float32Array.from({ length: pixels }, (_, i) => Math.fround(i / 255));
const half = Float32Array.from({ length: pixels }, (_, i) => (i < 8 ? 1 : 0));

let model: Model;
beforeAll(async () => {
  model = await load(gaussianModel(options), { device: "cpu", workers: 2 });
}, 60_000);
afterAll(() => model.dispose());

const image = (data: Float32Array, i: number): Float32Array => data.slice(i * pixels, (i + 1) * pixels);
const mean = (values: Float32Array): number => values.reduce((a, b) => a + b, 0) / values.length;

describe("inpainting", () => {
  it.each(["heun", "annealed-langevin"] as const)(
    "with %s keeps the known pixels bit for bit",
    async (sampler) => {
      const request = { count: 5, steps: 4, sampler, inpaint: { image: ramp, mask: half } };
      const { data } = await model.sample({
        ...request,
        options: sampler === "heun" ? {} : { denoise: false },
      });
      for (let i = 0; i < 5; i++) {
        expect(image(data, i).subarray(0, 8)).toEqual(ramp.subarray(0, 8));
        expect(image(data, i).subarray(8)).not.toEqual(ramp.subarray(8));
      }
    },
  );

  it("takes an image and a mask for each, and gives each the same alone", async () => {
    const images = normals([0, 1], 3 * pixels).map((z) => Math.min(Math.max(0.5 + 0.1 * z, 0), 1));
    const masks = Float32Array.from({ length: 3 * pixels }, (_, i) =>
      i % 3 === 0 ? 1 : i % 3 === 1 ? 0.5 : 0,
    );
    const request = { steps: 3, seed: 4 };
    const { data } = await model.sample({ ...request, count: 3, inpaint: { image: images, mask: masks } });
    for (let i = 0; i < 3; i++) {
      const inpaint = { image: image(images, i), mask: image(masks, i) };
      const alone = await model.sample({ ...request, first: i, batch: 1, inpaint });
      expect(alone.data).toEqual(image(data, i));
    }
  });
});

describe("upscaling", () => {
  it("gives blocks of the small image's values", async () => {
    const small = Float32Array.of(0.45, 0.5, 0.55, 0.6);
    const { data } = await model.sample({ count: 3, upscale: { image: small, factor: 2 } });
    for (let i = 0; i < 3; i++)
      for (const [block, corner] of [0, 2, 8, 10].entries()) {
        const at = i * pixels + corner;
        expect((data[at] + data[at + 1] + data[at + 4] + data[at + 5]) / 4).toBeCloseTo(small[block], 5);
      }
  });
});

describe("denoising", () => {
  it("starts at the image, at its noise, and brings it to where the flow of N(0, s²) does", async () => {
    const { shape, data } = await model.sample({ steps: 40, denoise: { image: ramp, noise: 0.1 } });
    expect(shape).toEqual([1, 1, 4, 4]);
    // In model units x = 10·pixel − 5 and σ = 1: the flow scales x by s/√(s² + σ²).
    const factor = 0.5 / Math.hypot(0.5, 1);
    data.forEach((pixel, i) => expect(pixel).toBeCloseTo(0.5 + factor * (ramp[i] - 0.5), 3));
    const plan = model.plan({ denoise: { image: ramp, noise: 0.1 } });
    expect(plan.sigmas[0]).toBeCloseTo(1, 12);
  });
});

describe("interpolation", () => {
  it("goes from the one seed's image to the other's, whatever the batch", async () => {
    const between = { count: 5, first: 2, interpolate: { from: 3, to: 7 } };
    const { data } = await model.sample(between);
    expect(image(data, 0)).toEqual((await model.sample({ seed: 3, first: 2 })).data);
    expect(image(data, 4)).toEqual((await model.sample({ seed: 7, first: 2 })).data);
    expect((await model.sample({ ...between, batch: 1 })).data).toEqual(data);
    const middle = { count: 1, first: 2, interpolate: { from: 3, to: 7, positions: [0.5] } };
    expect((await model.sample(middle)).data).toEqual(image(data, 2));
  });
});

describe("guidance", () => {
  it("moves the mean to (1 + w) times the label's, for twice the evaluations", async () => {
    // The exact score of N(1, s²) over that of N(0, s²): guided, N(1 + w, s²).
    const request = { count: 400, label: "one", guidance: -0.5, options: {} };
    const { data } = await model.sample(request);
    const reached = 1 - 0.5 / Math.hypot(0.5, 10); // of the mean: the flow from N(0, 10²) instead of N(0.5, 10² + s²)
    const expected = 0.5 + 0.05 * reached; // the mean 0.5 and s in pixels
    expect(Math.abs(mean(data) - expected) / (0.05 / Math.sqrt(data.length))).toBeLessThan(4);
    expect(model.plan(request).evaluations).toBe(2 * 35);
    let last = 0;
    for await (const frame of model.steps({ ...request, count: 1, steps: 3 })) last = frame.evaluations;
    expect(last).toBe(2 * 5);
  });

  it("fits a budget of evaluations, refinements counted too", () => {
    const of = (request: SampleRequest) => model.plan({ evaluations: 70, ...request });
    expect(of({})).toMatchObject({ steps: 35, evaluations: 69 });
    expect(of({ label: 1, guidance: 1 })).toMatchObject({ steps: 18, evaluations: 70 });
    const inpaint = { image: ramp, mask: half, refinements: 1 };
    expect(of({ label: 1, guidance: 1, inpaint })).toMatchObject({ steps: 9, evaluations: 68 });
    expect(() => of({ evaluations: 3, inpaint })).not.toThrow();
    expect(() => of({ evaluations: 1, inpaint })).toThrow(
      "invalid evaluations: 1 (one step of heun takes 2)",
    );
  });
});

describe("what makes no sense is refused:", () => {
  it.each<[string, SampleRequest]>([
    ["invalid guidance: NaN (need a number)", { guidance: NaN, label: 1 }],
    ["guidance 2 given without a label (need a class to go towards)", { guidance: 2 }],
    [
      "inpaint and upscale exclude each other: give one of them",
      { inpaint: { image: ramp, mask: half }, upscale: { image: ramp, factor: 1 } },
    ],
    [
      "invalid mask: 2 in it (need numbers from 0 to 1)",
      { inpaint: { image: ramp, mask: half.map((m) => 2 * m) } },
    ],
    [
      "invalid mask: 3 values (need 16, [1, 4, 4], or 2 times as many)",
      { count: 2, inpaint: { image: ramp, mask: half.slice(0, 3) } },
    ],
    [
      "invalid image to inpaint: not all its values are finite",
      { inpaint: { image: ramp.map(() => NaN), mask: half } },
    ],
    [
      "invalid refinements: -1 (need an integer >= 0)",
      { inpaint: { image: ramp, mask: half, refinements: -1 } },
    ],
    [
      "invalid factor: 3 (need an integer that divides gaussian's 4 and 4)",
      { upscale: { image: ramp, factor: 3 } },
    ],
    [
      "invalid image to upscale: 16 values (need 4, [1, 2, 2], or 1 times as many)",
      { upscale: { image: ramp, factor: 2 } },
    ],
    ["invalid noise: 0.0005 (need a number > 0.001)", { denoise: { image: ramp, noise: 0.0005 } }],
    [
      "sigmaMax and denoise exclude each other: sampling starts at the image's noise",
      { sigmaMax: 3, denoise: { image: ramp, noise: 1 } },
    ],
    ["invalid count: 1 (need at least 2, the ends of an interpolation)", { interpolate: { from: 1, to: 2 } }],
    ["invalid position: 2 (need a number from 0 to 1)", { interpolate: { from: 1, to: 2, positions: [2] } }],
    ["invalid seed: -1 (need an integer from 0 to 2^53 - 1)", { count: 2, interpolate: { from: -1, to: 2 } }],
    [
      "seed and interpolate exclude each other: give one of them",
      { count: 2, seed: 1, interpolate: { from: 1, to: 2 } },
    ],
  ])("%s", (message, request) => {
    expect(() => resolvePlan(card, request, 8)).toThrow(message);
  });

  it("guidance of a model that knows no classes", () => {
    expect(() => resolvePlan(gaussianCard(), { guidance: 1 }, 8)).toThrow(
      "guidance 1 given, but gaussian knows no classes",
    );
  });
});

describe("on the command line", () => {
  it("an image and its mask come from files, and the kept pixels go out as they came in", () =>
    inFolder(async (folder) => {
      mkdirSync(join(folder, "models"));
      writeFileSync(join(folder, "models/gaussian.onnx"), gaussianModel(options));
      const grey = (values: readonly number[]) =>
        sharp(Buffer.from(values), { raw: { width: 4, height: 4, channels: 1 } })
          .png()
          .toBuffer();
      const bytes = Array.from({ length: pixels }, (_, i) => 3 * i + 1);
      writeFileSync(join(folder, "image.png"), await grey(bytes));
      writeFileSync(join(folder, "mask.png"), await grey([...half].map((m) => 255 * m)));
      const args = ["sample", "--inpaint", "image.png", "--mask", "mask.png", "--count", "2", "--out", "out"];
      const { code, stderr } = await runCommand(folder, args);
      expect({ code, stderr: stderr.includes("error") }).toEqual({ code: 0, stderr: false });
      const made = await sharp(readFileSync(join(folder, "out/0001.png")))
        .toColourspace("b-w")
        .raw()
        .toBuffer();
      expect([...made].slice(0, 8)).toEqual(bytes.slice(0, 8));

      const wrong = await runCommand(folder, [
        "sample",
        "--noisy",
        "mask.png",
        "--noise",
        "1",
        "--inpaint",
        "image.png",
      ]);
      expect(wrong.code).toBe(2);
      expect(wrong.stderr).toContain("--inpaint needs --mask beside it");
      const small = await runCommand(folder, ["sample", "--upscale", "nothing.png"]);
      expect(small.code).toBe(2);
      expect(small.stderr).toContain("cannot read the image nothing.png");
    }));
});
