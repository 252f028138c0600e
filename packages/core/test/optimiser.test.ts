import { describe, expect, it } from "vitest";
import { adamStep, hyperAt, type AdamState } from "../src/optimiser.ts";
import { recipes } from "../src/recipes/index.ts";

const state = (...raw: number[]): AdamState => ({
  raw: Float32Array.from(raw),
  ema: Float32Array.from(raw),
  m: new Float32Array(raw.length),
  v: new Float32Array(raw.length),
});

const adam = { beta1: 0.9, beta2: 0.99, epsilon: 1e-8 };
const hyper = { rate: 0.1, emaDecay: 0.5, clip: Infinity };

describe("adamStep", () => {
  it("is algorithm 1 of the paper: two steps by hand", () => {
    const s = state(1);
    adamStep(s, Float32Array.of(2), 1, hyper, adam);
    // m = 0.2, v = 0.04; m̂ = 2, v̂ = 4: θ = 1 − 0.1·2/2 = 0.9; ema = ½·1 + ½·0.9
    expect(s.m[0]).toBeCloseTo(0.2, 6);
    expect(s.v[0]).toBeCloseTo(0.04, 7);
    expect(s.raw[0]).toBeCloseTo(0.9, 6);
    expect(s.ema[0]).toBeCloseTo(0.95, 6);
    adamStep(s, Float32Array.of(-1), 2, hyper, adam);
    // m = 0.18 − 0.1 = 0.08, v = 0.0396 + 0.01 = 0.0496; m̂ = 0.08/0.19, v̂ = 0.0496/0.0199
    const step = (0.1 * (0.08 / 0.19)) / Math.sqrt(0.0496 / 0.0199);
    expect(s.raw[0]).toBeCloseTo(0.9 - step, 6);
    expect(s.ema[0]).toBeCloseTo(0.475 + (0.9 - step) / 2, 6);
  });

  it("adds epsilon outside the root: a gradient of epsilon's size makes half a step", () => {
    const s = state(0);
    adamStep(s, Float32Array.of(1e-3), 1, hyper, { ...adam, epsilon: 1e-3 });
    expect(s.raw[0]).toBeCloseTo(-0.05, 6);
  });

  it.each([NaN, Infinity, -Infinity])("leaves all as it is where a gradient is %s", (bad) => {
    const [s, before] = [state(1, 2), state(1, 2)];
    expect(Number.isFinite(adamStep(s, Float32Array.of(1, bad), 1, hyper, adam))).toBe(false);
    expect(s).toEqual(before);
  });

  it("returns the norm of the whole gradient, and clips all of it by one factor", () => {
    const [free, clipped, scaled] = [state(0, 0), state(0, 0), state(0, 0)];
    const loose = { ...adam, epsilon: 1 };
    expect(adamStep(free, Float32Array.of(3, -4), 1, { ...hyper, clip: 5 }, loose)).toBe(5);
    expect(adamStep(clipped, Float32Array.of(30, -40), 1, { ...hyper, clip: 5 }, loose)).toBe(50);
    expect(clipped.m).toEqual(free.m);
    expect(clipped.raw).toEqual(free.raw);
    expect(adamStep(scaled, Float32Array.of(30, -40), 1, hyper, loose)).toBe(50);
    expect(scaled.raw).not.toEqual(free.raw);
  });

  it("leaves a parameter without a gradient where it is", () => {
    const s = state(0.3, 0.7);
    adamStep(s, Float32Array.of(0, 1), 1, hyper, adam);
    expect(s.raw[0]).toBe(Math.fround(0.3));
  });
});

describe("hyperAt", () => {
  const options = { ...recipes.edm.optimiser, warmup: 10, finalRate: 0.02, clip: 7, emaDecay: 0.999 };

  it("warms up linearly, step 0 included, and falls to the final rate", () => {
    const rate = (step: number) => hyperAt(step, 1001, 0.01, options).rate;
    expect(rate(0)).toBeCloseTo(0.01 / 10, 12);
    expect(rate(4)).toBeCloseTo((0.01 * 5 * (1 - 4 / 1000)) / 10, 12);
    expect(rate(500)).toBeCloseTo(0.005, 12);
    expect(rate(1000)).toBeCloseTo(0.01 * 0.02, 12);
  });

  it("keeps the rate where finalRate is 1 and there is no warm-up", () => {
    for (const step of [0, 1, 999])
      expect(hyperAt(step, 1000, 1e-4, { ...options, warmup: 0, finalRate: 1 }).rate).toBe(1e-4);
  });

  it("never has a rate of 0, also in a run of one step", () => {
    expect(hyperAt(0, 1, 0.01, { ...options, warmup: 0 }).rate).toBe(0.01);
  });

  it("warms the moving average up as (1 + n)/(10 + n)", () => {
    const decay = (step: number) => hyperAt(step, 1e5, 0.01, options).emaDecay;
    expect([decay(0), decay(1), decay(90)]).toEqual([1 / 10, 2 / 11, 91 / 100]);
    expect(decay(99_999)).toBe(0.999);
  });

  it("clips as told, or not at all", () => {
    const { clip: _, ...unclipped } = options;
    expect(hyperAt(0, 10, 1, options).clip).toBe(7);
    expect(hyperAt(0, 10, 1, unclipped).clip).toBe(Infinity);
  });
});
