import { describe, expect, it } from "vitest";
import { interpolated } from "../../src/control/index.ts";
import { key, purposes, split } from "../../src/rng.ts";
import { hostSpace, type Space } from "../../src/space.ts";
import { checkedSpace } from "../checked-space.ts";
import { kolmogorovSmirnov, normalCdf } from "../statistics.ts";

const sampling = (seed: number) => split(key(seed), purposes.sampling);
const seeded = (seed: number, count: number, dimension: number, first = 0): Space<Float32Array> =>
  hostSpace({ count, dimension, first, key: sampling(seed), score: () => Promise.resolve() });
const way = (positions: readonly number[], image = 0) => ({
  from: split(sampling(3), image),
  to: split(sampling(7), image),
  positions: Float64Array.from(positions),
});

describe("interpolation between seeds", () => {
  it("is each seed's own noise at its end, bit for bit, in every draw", () => {
    const between = interpolated(seeded(0, 3, 41), way([0, 0.3, 1], 5));
    const [a, b] = [seeded(3, 1, 41, 5), seeded(7, 1, 41, 5)];
    for (const draw of [0, 1, 5]) {
      const z = between.noise(draw);
      expect(z.subarray(0, 41)).toEqual(a.noise(draw));
      expect(z.subarray(82)).toEqual(b.noise(draw));
      const u = between.uniform(draw);
      expect([u[0], u[2]]).toEqual([a.uniform(draw)[0], b.uniform(draw)[0]]);
    }
  });

  it("weighs the two by coefficients whose squares add up to 1", () => {
    for (const t of [0.1, 0.25, 0.5, 0.8]) {
      const z = interpolated(seeded(0, 1, 2), way([t])).noise(4);
      const [a, b] = [seeded(3, 1, 2).noise(4), seeded(7, 1, 2).noise(4)];
      // Two numbers, two unknowns: the coefficients.
      const determinant = a[0] * b[1] - a[1] * b[0];
      const cosine = (z[0] * b[1] - z[1] * b[0]) / determinant;
      const sine = (a[0] * z[1] - a[1] * z[0]) / determinant;
      expect(cosine ** 2 + sine ** 2).toBeCloseTo(1, 5);
      expect(Math.atan2(sine, cosine)).toBeCloseTo((Math.PI / 2) * t, 5);
    }
  });

  it("is normal half-way", () => {
    const z = interpolated(seeded(0, 1, 20_000), way([0.5])).noise(2);
    expect(kolmogorovSmirnov(z, normalCdf)).toBeLessThan(2.22);
  });

  it("keeps nothing, and refuses noise that is not normal", () => {
    const strict = checkedSpace(seeded(0, 2, 4));
    const between = interpolated(strict, way([0, 0.5]));
    between.noise(1);
    expect(strict.live).toBe(1);
    expect(() => between.noise(2, "uniform")).toThrow("only normal noise can be interpolated");
  });
});
