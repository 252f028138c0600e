import { describe, expect, it } from "vitest";
import { evenly, means, runningMean } from "../../src/report/thin.ts";

const line = Array.from({ length: 101 }, (_, i) => [i, 3 * i + 1] as const);

describe("a long series", () => {
  it("is thinned evenly, its ends kept", () => {
    expect(evenly([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 6)).toEqual([0, 2, 4, 6, 8, 10]);
    expect(evenly([1, 2], 6)).toEqual([1, 2]);
    expect(evenly([1, 2, 3], 1)).toEqual([3]);
  });

  it("is smoothed so that a line stays that line, but for its end", () => {
    expect(runningMean(line, 7).slice(0, -7)).toEqual(line.slice(0, -7));
    const wave = line.map(([x]) => [x, x % 2] as const);
    for (const [, y] of runningMean(wave, 10).slice(10)) expect(Math.abs(y - 0.5)).toBeLessThan(0.05);
    expect(runningMean([[1, 5]], 3)).toEqual([[1, 5]]);
  });

  it("is averaged in parts, which lie where their points lie", () => {
    expect(means(line, 11)).toHaveLength(11);
    for (const [x, y] of means(line, 11)) expect(y).toBeCloseTo(3 * x + 1, 10);
    expect(means([], 11)).toEqual([]);
  });
});
