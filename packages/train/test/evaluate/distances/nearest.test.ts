/** Nearest neighbours against a search through all pairs. */
import { describe, expect, it } from "vitest";
import { nearest } from "../../../src/evaluate/distances/nearest.ts";
import type { Rows } from "../../../src/evaluate/distances/rows.ts";
import { distanceOf, gaussianRows, rowsOf } from "./rows-of.ts";

function bySearch(rows: Rows, library: Rows): { index: number[]; distance: number[] } {
  const [index, distance]: [number[], number[]] = [[], []];
  for (let i = 0; i < rows.count; i++) {
    let best = 0;
    for (let j = 1; j < library.count; j++)
      if (distanceOf(rows, i, library, j) < distanceOf(rows, i, library, best)) best = j;
    index.push(best);
    distance.push(distanceOf(rows, i, library, best));
  }
  return { index, distance };
}

describe("the nearest row of a library", () => {
  it.each([
    ["over several blocks of both", gaussianRows(1, 520, 6), gaussianRows(2, 4200, 6)],
    [
      "where float32 products tell nothing: differences of 1e-3 beside 100",
      gaussianRows(1, 60, 30, { mean: 100, deviation: 1e-3 }),
      gaussianRows(2, 300, 30, { mean: 100, deviation: 1e-3 }),
    ],
  ])("is that of a search through all pairs, %s", async (_, rows, library) => {
    const found = await nearest(rows, library);
    const expected = bySearch(rows, library);
    expect([...found.index]).toEqual(expected.index);
    found.distance.forEach((distance, i) => expect(distance).toBeCloseTo(expected.distance[i], 6));
  });

  it("is the first of equally near ones, and itself where it is there", async () => {
    const library = rowsOf([0, 0], [3, 4], [3, 4], [-3, 4]);
    const { index, distance } = await nearest(rowsOf([3, 4], [0, 4], [3, 5]), library);
    expect([...index]).toEqual([1, 1, 1]);
    expect([...distance]).toEqual([0, 3, 1]);
  });

  it("stops at a signal", async () => {
    const rows = gaussianRows(1, 10, 2);
    await expect(nearest(rows, rows, { signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow(
      "enough",
    );
  });
});
