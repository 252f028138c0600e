import { describe, expect, it } from "vitest";
import { fourierFeatures } from "../../src/nn/fourier-features.ts";
import { chiSquareZ, correlationZ, kolmogorovSmirnov, normalCdf } from "../statistics.ts";

describe("Fourier features", () => {
  it("are the same for every model of one count", () => {
    expect(fourierFeatures(16)).toEqual(fourierFeatures(16));
    expect(fourierFeatures(16).frequencies).toHaveLength(16);
  });

  it("have frequencies N(0, (2π)²) and phases over the whole turn", () => {
    const { frequencies, phases } = fourierFeatures(5000);
    expect(kolmogorovSmirnov(frequencies, (f) => normalCdf(f / (2 * Math.PI)))).toBeLessThan(2.22);
    const cells = new Float64Array(20);
    for (const phase of phases) cells[Math.floor((20 * phase) / (2 * Math.PI))]++;
    expect(Math.abs(chiSquareZ(cells, 250))).toBeLessThan(4);
    expect(Math.abs(correlationZ(frequencies, phases))).toBeLessThan(4);
  });
});
