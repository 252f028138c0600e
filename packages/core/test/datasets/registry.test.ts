import { describe, expect, it } from "vitest";
import type { Dataset } from "../../src/datasets/dataset.ts";
import { proceduralDatasets } from "../../src/datasets/index.ts";
import { key, normals } from "../../src/rng.ts";
import { errorsOfMean, items } from "./oracles.ts";

const length = (dataset: Dataset) => dataset.shape.reduce((a, b) => a * b, 1);

function item(dataset: Dataset, index: number): { values: Float32Array; label: number } {
  const values = new Float32Array(length(dataset));
  const label = dataset.read(index, values, 0);
  return { values, label };
}

describe.each(Object.entries(proceduralDatasets))("data set %s", (name, make) => {
  it("carries the name it is registered by and has no end", () => {
    expect(make(key(0)).name).toBe(name);
    expect(make(key(0)).size).toBe(Infinity);
  });

  it("makes an item from its key and number alone", () => {
    const forwards = Array.from({ length: 20 }, (_, i) => item(make(key(3)), i));
    const set = make(key(3));
    for (let i = 19; i >= 0; i--) expect(item(set, i)).toEqual(forwards[i]);
    expect(item(make(key(4)), 0).values).not.toEqual(forwards[0].values);
    expect(forwards[1].values).not.toEqual(forwards[0].values);
  });

  it("writes its own numbers and no others", () => {
    const set = make(key(1));
    const size = length(set);
    const out = new Float32Array(size + 4).fill(99);
    set.read(7, out, 2);
    expect(out.subarray(2, size + 2)).toEqual(item(set, 7).values);
    expect([...out.subarray(0, 2), ...out.subarray(size + 2)]).toEqual([99, 99, 99, 99]);
  });

  it("has classes if and only if its items do", () => {
    const set = make(key(2));
    const labels = Array.from({ length: 500 }, (_, i) => item(set, i).label);
    if (set.classes === undefined) expect(new Set(labels)).toEqual(new Set([-1]));
    else expect([...new Set(labels)].sort((a, b) => a - b)).toEqual(set.classes.map((_, k) => k));
  });

  it("has finite values, pixels within [0, 1]", () => {
    const set = make(key(5));
    for (let i = 0; i < 2000; i++) {
      const { values } = item(set, i);
      expect(values.every((value) => Number.isFinite(value))).toBe(true);
      if (set.pixels) expect(values.every((value) => value >= 0 && value <= 1)).toBe(true);
    }
  });
});

const scored = Object.entries(proceduralDatasets).filter(([, make]) => make(key(0)).score !== undefined);

describe.each(scored)("score of data set %s", (_name, make) => {
  it("satisfies Stein's identity at σ = ½: E[score] = 0 and E[xⱼ · scoreⱼ] = −1, within 4 standard errors", () => {
    const n = 20_000;
    const set = make(key(6));
    const size = length(set);
    const { points } = items(set, n);
    const z = normals(key(7), points.length);
    for (let i = 0; i < points.length; i++) points[i] += 0.5 * z[i];
    const score = set.score?.(points, 0.5) ?? new Float64Array();
    expect(score).toHaveLength(points.length);
    for (let j = 0; j < size; j++) {
      const column = (values: Float64Array) => Array.from({ length: n }, (_, i) => values[i * size + j]);
      expect(errorsOfMean(column(score), 0)).toBeLessThan(4);
      expect(errorsOfMean(column(score.map((value, i) => value * points[i])), -1)).toBeLessThan(4);
    }
  });
});
