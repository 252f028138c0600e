/** A judge worth its name finds the worse images farther away. */
import { join } from "node:path";
import type { Dataset } from "@ncsn/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openDataset } from "../../../src/datasets/index.ts";
import { frechet } from "../../../src/evaluate/distances/frechet.ts";
import { squaredDiscrepancy } from "../../../src/evaluate/distances/kernel-distance.ts";
import { rowsOf, type Rows } from "../../../src/evaluate/distances/rows.ts";
import { openJudge, type Judge } from "../../../src/evaluate/judge.ts";
import { corruptions } from "./corrupted.ts";
import { glyphs, read } from "./glyph-images.ts";

const data = process.env["NCSN_DATA"];
if (data === undefined) console.info("judge of MNIST: skipped, NCSN_DATA names no folder with mnist/ in it");

/** Images of each half. */
const count = 1500;

/** MNIST evenly from all of it: its test images are sorted by who wrote them. */
async function mnist(split: "train" | "test"): Promise<Dataset> {
  const folder = join(data ?? "", "mnist");
  const { dataset } = await openDataset({ name: "mnist", split, key: [0, 0], data: folder });
  const stride = Math.floor(dataset.size / count);
  return { ...dataset, read: (i, out, offset) => dataset.read(i * stride, out, offset) };
}

const sets = [
  { name: "glyphs", skip: false, halves: async () => [glyphs(1), glyphs(2)] as const },
  {
    name: "mnist",
    skip: data === undefined,
    halves: () => Promise.all([mnist("train"), mnist("test")]),
  },
];

describe.each(sets)("the judge of $name", ({ name, skip, halves }) => {
  let judge: Judge;
  let images: Float32Array;
  let reference: Rows;
  let floor: number;
  const features = async (pixels: Float32Array): Promise<Rows> =>
    rowsOf((await judge.judge(pixels, count)).features, judge.card.width);

  beforeAll(async () => {
    if (skip) return;
    judge = await openJudge(join(import.meta.dirname, `../../../../../models/judge-${name}.onnx`));
    const [train, test] = await halves();
    images = read(train, 0, count);
    reference = await features(read(test, 0, count));
    floor = frechet(await features(images), reference);
  });
  afterAll(() => judge?.dispose());

  it.skipIf(skip).each(Object.entries(corruptions))(
    "finds images the farther away the more %s is in them",
    async (_, { spoil, strengths }) => {
      const seen: Rows[] = [];
      for (const strength of strengths) seen.push(await features(spoil(images, strength)));
      const distances = [floor, ...seen.map((rows) => frechet(rows, reference))];
      expect(distances).toEqual(distances.toSorted((a, b) => a - b));
      const kernels = seen.map((rows) => squaredDiscrepancy(rows, reference));
      expect(kernels).toEqual(kernels.toSorted((a, b) => a - b));
    },
  );

  it.skipIf(skip)("finds noise of 0.1 five times as far away as real images, or more", async () => {
    const far = frechet(await features(corruptions.noise.spoil(images, 0.1)), reference);
    expect(far / floor).toBeGreaterThan(5);
  });
});
