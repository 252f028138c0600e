import { describe, expect, it } from "vitest";
import { bitsPerDimension, dequantised, measuredBits } from "../../src/likelihood/index.ts";
import { key } from "../../src/rng.ts";
import { chiSquareZ } from "../statistics.ts";

describe("bits per dimension", () => {
  it("of uniform bytes is 8, whatever the model's units", () => {
    // Uniform on [0, 1) pixels is uniform on an interval of length |scale| in model units.
    for (const scale of [1, 2, -0.5])
      for (const dimension of [1, 784])
        expect(
          bitsPerDimension(-dimension * Math.log(Math.abs(scale)), { dimension, scale, bytes: true }),
        ).toBeCloseTo(8, 12);
  });

  it("of a normal density is its entropy in bits", () => {
    const s = 0.3;
    const logDensity = -0.5 * Math.log(2 * Math.PI * Math.E * s ** 2);
    const bits = bitsPerDimension(logDensity, { dimension: 1, scale: 1, bytes: false });
    expect(bits).toBeCloseTo(0.5 * Math.log2(2 * Math.PI * Math.E * s ** 2), 12);
  });

  it("dequantises every byte within its cell, uniformly", () => {
    const pixels = Float32Array.from({ length: 256 * 40 }, (_, i) => (i % 256) / 255);
    const points = dequantised(pixels, key(4));
    const counts: number[] = Array<number>(10).fill(0);
    points.forEach((point, i) => {
      expect(Math.floor(256 * point)).toBe(i % 256);
      counts[Math.floor(10 * (256 * point - (i % 256)))] += 1;
    });
    expect(Math.abs(chiSquareZ(counts, pixels.length / 10))).toBeLessThan(4);
  });

  it("states the mean, its error over images and the probes' part of it", () => {
    const values = Float64Array.of(-1, -3, -2, -6).map((bits) => bits * Math.LN2);
    const errors = Float64Array.of(0.4, 0, 0.2, 0.4).map((bits) => bits * Math.LN2);
    const { mean, error, probeError } = measuredBits(
      { values, errors },
      { dimension: 1, scale: 1, bytes: false },
    );
    expect(mean).toBeCloseTo(3, 12);
    expect(error).toBeCloseTo(Math.sqrt((4 + 0 + 1 + 9) / 3 / 4), 12);
    expect(probeError).toBeCloseTo(0.6 / 4, 12);
  });
});
