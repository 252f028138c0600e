/** Precision and recall of sets for which they are known, and against a search without tricks. */
import { describe, expect, it } from "vitest";
import { manifold, precisionRecall } from "../../../src/evaluate/distances/precision-recall.ts";
import type { Rows } from "../../../src/evaluate/distances/rows.ts";
import { distanceOf, gaussianRows, rowsOf } from "./rows-of.ts";

const between = (samples: Rows, reference: Rows, k?: number) =>
  precisionRecall(manifold(samples, k), manifold(reference, k));

/** The integers first … last. */
const integers = (first: number, last: number): Rows =>
  rowsOf(...Array.from({ length: last - first + 1 }, (_, i) => [first + i]));

describe("precision and recall", () => {
  it("are 0 for clusters that are apart", () => {
    const found = between(gaussianRows(1, 40, 3), gaussianRows(2, 40, 3, { mean: 50 }));
    expect(found).toEqual({ precision: 0, recall: 0 });
  });

  it("are 1 for a set and itself", () => {
    const rows = gaussianRows(1, 200, 4);
    expect(between(rows, rows)).toEqual({ precision: 1, recall: 1 });
  });

  it.each([
    [1, 11], // balls of radius 1 around 0 … 9 reach 10
    [3, 13], // those around 0 and 9 have radius 3, so that 12 is reached
  ])("of 0 … 9 against 0 … 19 with k = %i: precision 1, recall %i/20", (k, reached) => {
    expect(between(integers(0, 9), integers(0, 19), k)).toEqual({ precision: 1, recall: reached / 20 });
  });

  it("tell samples that are too wide from samples that are too narrow", () => {
    const real = gaussianRows(1, 400, 2);
    const wide = between(gaussianRows(2, 400, 2, { deviation: 4 }), real);
    const narrow = between(gaussianRows(2, 400, 2, { deviation: 0.25 }), real);
    expect(wide.precision).toBeLessThan(0.5);
    expect(wide.recall).toBeGreaterThan(0.9);
    expect(narrow.precision).toBeGreaterThan(0.9);
    expect(narrow.recall).toBeLessThan(0.5);
  });

  it("find what a search through all pairs finds, over several tiles", () => {
    const k = 3;
    const [samples, reference] = [gaussianRows(1, 150, 5), gaussianRows(2, 270, 5, { mean: 0.7 })];
    const radius = (rows: Rows, i: number): number =>
      Array.from({ length: rows.count }, (_, j) => (i === j ? Infinity : distanceOf(rows, i, rows, j))).sort(
        (a, b) => a - b,
      )[k - 1];
    const share = (of: Rows, within: Rows): number => {
      const radii = Array.from({ length: within.count }, (_, j) => radius(within, j));
      let inside = 0;
      for (let i = 0; i < of.count; i++)
        if (radii.some((r, j) => distanceOf(of, i, within, j) <= r)) inside += 1;
      return inside / of.count;
    };
    expect(between(samples, reference, k)).toEqual({
      precision: share(samples, reference),
      recall: share(reference, samples),
    });
  });

  it("refuse k rows or less", () => {
    expect(() => manifold(integers(1, 3))).toThrow("invalid rows: 3 of them (need 4 or more)");
  });
});
