/** KID against its definition, a closed form, and what an unbiased estimate must do. */
import { key } from "@ncsn/core";
import { describe, expect, it } from "vitest";
import { kernelDistance, squaredDiscrepancy } from "../../../src/evaluate/distances/kernel-distance.ts";
import type { Rows } from "../../../src/evaluate/distances/rows.ts";
import { gaussianRows, rowOf, rowsOf } from "./rows-of.ts";

function kernel(x: Float32Array, y: Float32Array): number {
  return (x.reduce((sum, value, k) => sum + value * y[k], 0) / x.length + 1) ** 3;
}

/** Gretton et al. 2012, eq. 3, as it stands there. */
function byDefinition(a: Rows, b: Rows): number {
  const mean = (x: Rows, y: Rows): number => {
    let [sum, pairs] = [0, 0];
    for (let i = 0; i < x.count; i++)
      for (let j = 0; j < y.count; j++) {
        if (x === y && i === j) continue;
        sum += kernel(rowOf(x, i), rowOf(y, j));
        pairs += 1;
      }
    return sum / pairs;
  };
  return mean(a, a) + mean(b, b) - 2 * mean(a, b);
}

describe("the kernel distance", () => {
  it.each([
    [2, 2, 1],
    [7, 5, 3],
    [150, 131, 5], // more than a tile
  ])("of %i and %i rows of %i numbers is the sum over pairs", (m, n, width) => {
    const [a, b] = [gaussianRows(1, m, width), gaussianRows(2, n, width, { mean: 0.5 })];
    const expected = byDefinition(a, b);
    expect(Math.abs(squaredDiscrepancy(a, b) - expected)).toBeLessThan(1e-9 * (1 + Math.abs(expected)));
  });

  it("of N(0, 1) and N(1, 1) is 22: the moments 0, 1, 0 and 1, 2, 4 weighted 3, 3, 1", () => {
    const { value, error } = kernelDistance(gaussianRows(1, 4000, 1), gaussianRows(2, 4000, 1, { mean: 1 }), {
      key: key(3),
    });
    expect(error).toBeLessThan(2);
    expect(Math.abs(value - 22) / error).toBeLessThan(4);
  });

  it("of two draws of one distribution is 0 on average, and its standard error is right", () => {
    const found = Array.from({ length: 200 }, (_, i) =>
      kernelDistance(gaussianRows(2 * i, 40, 3), gaussianRows(2 * i + 1, 60, 3), { key: key(i) }),
    );
    const mean = found.reduce((sum, { value }) => sum + value, 0) / found.length;
    const variance = found.reduce((sum, { value }) => sum + (value - mean) ** 2, 0) / (found.length - 1);
    const claimed = found.reduce((sum, { error }) => sum + error ** 2, 0) / found.length;
    expect(Math.abs(mean) / Math.sqrt(variance / found.length)).toBeLessThan(3);
    expect(claimed / variance).toBeGreaterThan(0.7);
    expect(claimed / variance).toBeLessThan(1.4);
  });

  it("depends on the key alone", () => {
    const [a, b] = [gaussianRows(1, 60, 2), gaussianRows(2, 60, 2)];
    expect(kernelDistance(a, b, { key: key(1) })).toEqual(kernelDistance(a, b, { key: key(1) }));
    expect(kernelDistance(a, b, { key: key(1) })).not.toEqual(kernelDistance(a, b, { key: key(2) }));
  });

  it("refuses parts of less than two rows", () => {
    const few = gaussianRows(1, 19, 2);
    expect(() => kernelDistance(few, few, { key: key(1) })).toThrow(
      "invalid rows: 19 of them (need 20 or more)",
    );
    expect(() => squaredDiscrepancy(rowsOf([1]), few)).toThrow("invalid rows");
  });
});
