import { describe, expect, it } from "vitest";
import { interpolated } from "../../src/control/index.ts";
import { key, purposes, split } from "../../src/rng.ts";
import { hostSpace, type Space } from "../../src/space.ts";
import { checkedSpace } from "../checked-space.ts";
import { linearSpace, varianceOf } from "../samplers/gaussian.ts";
import { kolmogorovSmirnov, normalCdf } from "../statistics.ts";

const seeded = (seed: number, count: number, dimension: number): Space<Float32Array> =>
  hostSpace({ count, dimension, key: split(key(seed), purposes.sampling), score: () => Promise.resolve() });

describe("interpolation between seeds", () => {
  const t = Float64Array.of(0, 0.25, 0.5, 0.9, 1);

  it("is each seed's own noise at its end, bit for bit, in every draw", () => {
    const [a, b] = [seeded(3, 5, 40), seeded(7, 5, 40)];
    const between = interpolated(a, b, t);
    for (const draw of [0, 1, 5]) {
      const z = between.noise(draw);
      expect(z.subarray(0, 40)).toEqual(a.noise(draw).subarray(0, 40));
      expect(z.subarray(160)).toEqual(b.noise(draw).subarray(160));
      expect(between.uniform(draw)[0]).toBe(a.uniform(draw)[0]);
      expect(between.uniform(draw)[4]).toBe(b.uniform(draw)[4]);
    }
  });

  it("has variance 1 at every t, exactly", () => {
    for (const at of [0, 0.1, 0.5, 0.77, 1]) {
      const form = linearSpace();
      const other = { ...form, noise: (draw: number) => new Map([[draw + 1000, 1]]) };
      expect(varianceOf(interpolated(form, other, Float64Array.of(at)).noise(4))).toBeCloseTo(1, 14);
    }
  });

  it("is normal at t = 1/2", () => {
    const z = interpolated(seeded(3, 1, 20_000), seeded(7, 1, 20_000), Float64Array.of(0.5)).noise(2);
    expect(kolmogorovSmirnov(z, normalCdf)).toBeLessThan(2.22);
  });

  it("keeps nothing, and refuses noise that is not normal", () => {
    const strict = checkedSpace(seeded(3, 5, 4));
    const other = { noise: (draw: number) => strict.noise(100 + draw), uniform: () => new Float64Array(5) };
    const between = interpolated(strict, other, t);
    between.noise(1);
    expect(strict.live).toBe(1);
    expect(() => between.noise(2, "uniform")).toThrow("only normal noise can be interpolated");
  });
});
