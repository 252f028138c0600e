/** The quality of images that are known: real ones, training images that come back, noise. */
import { join } from "node:path";
import { key, uniforms } from "@ncsn/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openJudge, type Judge } from "../../../src/evaluate/judge.ts";
import type { Judged } from "../../../src/evaluate/quality/judged.ts";
import { verdicts } from "../../../src/evaluate/quality/measures.ts";
import { quality } from "../../../src/evaluate/quality/quality.ts";
import { openReference, type Reference } from "../../../src/evaluate/quality/reference.ts";
import { quantile } from "../../../src/evaluate/quality/quantile.ts";
import { glyphs, read } from "./glyph-images.ts";

const [train, test] = [glyphs(1), glyphs(2)];
const count = 200;
const sizes = { count, trainCount: 1000, testCount: 400 };

describe("quality", () => {
  let judge: Judge;
  let reference: Reference;
  beforeAll(async () => {
    judge = await openJudge(join(import.meta.dirname, "../../../../../models/judge-glyphs.onnx"));
    reference = await openReference({ train, test, judge, ...sizes });
  }, 60_000);
  afterAll(() => judge.dispose());

  it("of real images that are new is that of real images", async () => {
    const found = await quality(read(train, 5000, count), reference, { judge });
    const { floor } = reference;
    expect(Math.abs(found.frechet - floor.frechet.mean) / floor.frechet.deviation).toBeLessThan(4);
    expect(Math.abs(found.kernel.value) / found.kernel.error).toBeLessThan(4);
    expect(Math.abs(found.precision - floor.precision.mean)).toBeLessThan(0.1);
    expect(Math.abs(found.recall - floor.recall.mean)).toBeLessThan(0.1);
    expect(found.frechetOverFloor).toBeGreaterThan(0.5);
    expect(found.frechetOverFloor).toBeLessThan(2);
    expect(found.frechetOverCeiling).toBeLessThan(0.1);
    expect(found.classesChiSquared).toBeLessThan(2.7); // 99.5 % of χ² with 9 degrees of freedom
    expect(found.nearnessRatio.first).toBeGreaterThan(0.7);
    expect(found.nearnessRatio.median).toBeCloseTo(1, 1);
  });

  it("shows training images that come back among new ones", async () => {
    const samples = read(train, 5000, count);
    samples.set(read(train, 300, 12), 50 * 784); // samples 50 … 61
    const { nearness, nearnessRatio, closest, closestOfClass, labels } = await quality(samples, reference, {
      judge,
    });
    expect([nearness.first, nearnessRatio.first]).toEqual([0, 0]);
    expect(nearness.median).toBeGreaterThan(0);
    expect(closest.slice(0, 12)).toEqual(
      Array.from({ length: 12 }, (_, i) => ({ sample: 50 + i, training: 300 + i, distance: 0 })),
    );
    const distances = closest.map(({ distance }) => distance);
    expect(distances).toEqual(distances.toSorted((a, b) => a - b));
    expect(distances[12]).toBeGreaterThan(0);
    expect(closestOfClass.map((pair) => pair.class)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    for (const { class: label, sample, distance } of closestOfClass) {
      expect(labels[sample]).toBe(label);
      const same = [...labels.keys()].filter((i) => i >= 50 && i < 62 && labels[i] === label);
      expect(distance === 0).toBe(same.length > 0);
      if (same.length > 0) expect(sample).toBe(same[0]);
    }
  });

  it("of noise is that of noise", async () => {
    const noise = Float32Array.from(uniforms(key(5), count * 784));
    const found = await quality(noise, reference, { judge });
    expect(found.frechetOverCeiling).toBeCloseTo(1, 1);
    expect(found.precision).toBe(0);
    expect(found.nearnessRatio.first).toBeGreaterThan(1.5);
  });

  it("names the classes of images of one class, and counts them", async () => {
    const ones: number[] = [];
    const one = new Float32Array(784);
    for (let i = 5000; ones.length < count; i++) if (train.read(i, one, 0) === 1) ones.push(i);
    const pixels = new Float32Array(count * 784);
    ones.forEach((number, i) => train.read(number, pixels, i * 784));
    const found = await quality(pixels, reference, { judge });
    expect(found.classes[1]).toBeGreaterThan(0.9 * count);
    expect(found.classes.reduce((a, b) => a + b)).toBe(count);
    expect(found.classesChiSquared).toBeGreaterThan(20);
    expect(found.recall).toBeLessThan(0.5);
    expect(found.precision).toBeGreaterThan(0.5);
  });

  it("is the same of another reference with the same seed, and another with another", async () => {
    const few = { train, test, judge, count: 30, trainCount: 200, testCount: 50 };
    const [one, again] = [await openReference(few), await openReference(few)];
    expect([again.floor, again.ceiling]).toEqual([one.floor, one.ceiling]);
    const other = await openReference({ ...few, seed: 1 });
    expect(other.floor.frechet).not.toEqual(one.floor.frechet);
    expect(other.test.nearness).toEqual(one.test.nearness);
  });

  it("draws the floor from images that overlap where they are few, and says so", async () => {
    expect(reference.floor.disjoint).toBe(true);
    const few = await openReference({ train, test, judge, count: 30, trainCount: 100, testCount: 50 });
    expect(few.floor).toMatchObject({ disjoint: false, draws: 5 });
  });

  it("refuses another number of samples, and more than there are training images", async () => {
    await expect(quality(read(train, 0, 10), reference, { judge })).rejects.toThrow(
      "invalid samples: 7840 numbers (the reference is for 200 images of 784)",
    );
    await expect(openReference({ train, test, judge, ...sizes, trainCount: 100 })).rejects.toThrow(
      "invalid count: 200 (glyphs has 100 images to compare with)",
    );
  });
});

describe("verdicts", () => {
  it("count the classes, and what is recognised", () => {
    const judged: Judged = {
      images: { data: new Float32Array(4), count: 4, width: 1 },
      features: { data: new Float32Array(4), count: 4, width: 1 },
      known: 3,
      classes: Uint8Array.of(2, 0, 2, 2),
      confidences: Float32Array.of(0.95, 0.5, 0.91, 1),
    };
    expect(verdicts(judged)).toEqual({ confident: 0.75, classes: [1, 0, 3] });
  });
});

describe("a quantile", () => {
  it.each([
    [0, 1],
    [0.25, 1.75],
    [0.5, 2.5],
    [0.99, 3.97],
    [1, 4],
  ])("%d of 1, 2, 3, 4 is %d, as numpy has it", (p, expected) => {
    expect(quantile([3, 1, 4, 2], p)).toBeCloseTo(expected, 12);
  });
});
