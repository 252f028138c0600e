import { describe, expect, it } from "vitest";
import { cosineTable, ddpmTable, tableRange, tableSigmas, type NoiseTable } from "../src/noise-tables.ts";

/** σ of ᾱ, and back. */
const alphaBarOf = (sigma: number): number => 1 / (1 + sigma ** 2);

/** σ_t of t = 1 … T. */
function inTime(table: NoiseTable): number[] {
  const sigmas = tableSigmas(table, [1, 1]);
  return sigmas.map((_, i) => sigmas[sigmas.length - 1 - i]);
}

describe("tables of β", () => {
  it("linear: ᾱ is the product of 1 − β, from 1e-4 to 0.02 in 1,000 steps", () => {
    const sigmas = inTime(ddpmTable);
    expect(sigmas).toHaveLength(1000);
    let product = 1;
    sigmas.forEach((sigma, i) => {
      product *= 1 - (1e-4 + (0.0199 * i) / 999);
      expect(alphaBarOf(sigma) / product).toBeCloseTo(1, 11);
    });
    expect(alphaBarOf(sigmas[999])).toBeCloseTo(4.04e-5, 7); // "L_T ≈ 0": almost all noise
  });

  it("cosine: ᾱ is cos² of time, but for the last steps, whose β is 0.999 at most", () => {
    const sigmas = inTime(cosineTable);
    const f = (t: number) => Math.cos((((t / 1000 + 0.008) / 1.008) * Math.PI) / 2) ** 2;
    sigmas.slice(0, 990).forEach((sigma, i) => {
      expect(alphaBarOf(sigma) / (f(i + 1) / f(0))).toBeCloseTo(1, 10);
    });
    expect(alphaBarOf(sigmas[999]) / alphaBarOf(sigmas[998])).toBeCloseTo(0.001, 9);
  });

  it.each([ddpmTable, cosineTable])("$name: σ falls from one end of the range to the other", (table) => {
    const sigmas = tableSigmas(table, [1, 1]);
    expect(tableRange(table)).toEqual([sigmas[999], sigmas[0]]);
    expect(sigmas.every((sigma, i) => i === 0 || sigma < sigmas[i - 1])).toBe(true);
  });
});

it("a geometric table is NCSN's ten levels from 1 to 0.01", () => {
  const sigmas = tableSigmas({ name: "geometric", count: 10 }, [0.01, 1]);
  sigmas.forEach((sigma, i) => expect(sigma).toBeCloseTo(100 ** (-i / 9), 12));
});
