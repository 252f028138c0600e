import { describe, expect, it } from "vitest";
import { cosineTable, ddpmTable, tableRange, tableSigmas } from "../src/noise-tables.ts";
import { geometric, karras, linear, schedules } from "../src/schedules.ts";

const range = { sigmaMin: 0.002, sigmaMax: 80 };

describe.each(Object.entries(schedules))("schedule %s", (_, schedule) => {
  it.each([2, 3, 10, 1000])(
    "falls strictly from sigmaMax to sigmaMin, exactly, in %s levels above 0",
    (steps) => {
      const sigmas = schedule(steps, range);
      const levels = sigmas.filter((sigma) => sigma > 0);
      expect(levels).toHaveLength(steps);
      expect([levels[0], levels[steps - 1]]).toEqual([80, 0.002]);
      expect(sigmas.every((sigma, i) => i === 0 || sigma < sigmas[i - 1])).toBe(true);
      expect(sigmas.length === steps || sigmas.at(-1) === 0).toBe(true);
    },
  );

  it("of one step begins at sigmaMax, of a point range stays there", () => {
    expect(schedule(1, range)[0]).toBe(80);
    expect([...schedule(3, { sigmaMin: 0.7, sigmaMax: 0.7 })].slice(0, 3)).toEqual([0.7, 0.7, 0.7]);
  });

  it.each([0, -1, 1.5, NaN])("refuses %s steps", (steps) => {
    expect(() => schedule(steps, range)).toThrow(
      new RangeError(`invalid steps: ${steps} (need an integer >= 1)`),
    );
  });

  it.each([
    [0, 1],
    [-1, 1],
    [2, 1],
    [NaN, 1],
    [1, NaN],
    [1, Infinity],
  ])("refuses the range [%s, %s]", (sigmaMin, sigmaMax) => {
    expect(() => schedule(5, { sigmaMin, sigmaMax })).toThrow(
      new RangeError(`invalid sigma range: [${sigmaMin}, ${sigmaMax}] (need 0 < sigmaMin <= sigmaMax)`),
    );
  });
});

/** Levels by the digits that rounding leaves. */
const rounded = (sigmas: ArrayLike<number>): number[] =>
  Array.from(sigmas, (sigma) => Number(sigma.toPrecision(13)));

describe("levels", () => {
  it("are in geometric progression: 8, 4, 2, 1", () => {
    expect(rounded(geometric(4, { sigmaMin: 1, sigmaMax: 8 }))).toEqual([8, 4, 2, 1]);
    const ratios = [...geometric(232, { sigmaMin: 0.01, sigmaMax: 50 })]
      .slice(1)
      .map((s, i, all) => s / (all[i - 1] ?? 50));
    for (const ratio of ratios) expect(ratio).toBeCloseTo(5000 ** (-1 / 231), 12);
  });

  it("are equally spaced: the tutorial's 1, 0.7525, 0.505, 0.2575, 0.01", () => {
    expect(rounded(linear(5, { sigmaMin: 0.01, sigmaMax: 1 }))).toEqual([1, 0.7525, 0.505, 0.2575, 0.01]);
  });

  it("are in geometric progression and end at 0", () => {
    expect(rounded(schedules.exponential(4, { sigmaMin: 1, sigmaMax: 8 }))).toEqual([8, 4, 2, 1, 0]);
  });

  it("are equally spaced in the time of VP: log(1 + σ²) = 0.1·t + 9.95·t²", () => {
    const total = (t: number) => 0.1 * t + 9.95 * t ** 2;
    const sigma = (t: number) => Math.sqrt(Math.exp(total(t)) - 1);
    expect(rounded(schedules.vp(4, { sigmaMin: sigma(0.1), sigmaMax: sigma(1) }))).toEqual(
      rounded([1, 0.7, 0.4, 0.1].map(sigma)).concat(0),
    );
  });

  it.each([
    ["ddpm", ddpmTable],
    ["cosine", cosineTable],
  ] as const)("are a table of β over its own range, and some of it in fewer steps: %s", (name, table) => {
    const sigmas = tableSigmas(table, [1, 1]);
    const [sigmaMin, sigmaMax] = tableRange(table);
    expect([...schedules[name](1000, { sigmaMin, sigmaMax })]).toEqual([...sigmas, 0]);
    const places = [...schedules[name](28, { sigmaMin, sigmaMax })]
      .slice(0, -1)
      .map((s) => sigmas.indexOf(s));
    expect(places).toEqual(Array.from({ length: 28 }, (_, i) => 37 * i)); // 999 = 27·37
  });

  it("lie between those of a table where there are more, and beyond it", () => {
    const sigmas = tableSigmas(ddpmTable, [1, 1]);
    const [sigmaMin, sigmaMax] = tableRange(ddpmTable);
    const twice = schedules.ddpm(1999, { sigmaMin, sigmaMax });
    for (const i of [0, 7, 500, 998]) {
      expect(twice[2 * i] / sigmas[i]).toBeCloseTo(1, 12);
      expect(twice[2 * i + 1] / Math.sqrt(sigmas[i] * sigmas[i + 1])).toBeCloseTo(1, 12);
    }
    const [first, second] = schedules.ddpm(3, { sigmaMin: 1e-4, sigmaMax: 1e4 });
    expect([first, second > 1e-4 && second < 1e4]).toEqual([1e4, true]);
  });

  it("are equally spaced in σ^(1/ρ) and end at 0", () => {
    // ρ = 2: square roots 5, 3, 1.
    expect(rounded(karras(3, { sigmaMin: 1, sigmaMax: 25, rho: 2 }))).toEqual([25, 9, 1, 0]);
    // ρ = 7, by hand: (80^(1/7) + ½·(0.002^(1/7) − 80^(1/7)))^7
    expect(rounded(karras(3, range))).toEqual(
      rounded([80, ((80 ** (1 / 7) + 0.002 ** (1 / 7)) / 2) ** 7, 0.002, 0]),
    );
    expect(karras(18, range)[1]).toBeCloseTo(57.586, 3); // NVlabs/edm's default schedule, second level
  });

  it.each([0, -1, NaN, Infinity])("refuse ρ = %s", (rho) => {
    expect(() => karras(3, { ...range, rho })).toThrow(
      new RangeError(`invalid rho: ${rho} (need a finite number > 0)`),
    );
  });
});
