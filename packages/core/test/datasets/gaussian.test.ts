import { describe, expect, it } from "vitest";
import { gaussian, isotropicGaussian } from "../../src/datasets/gaussian.ts";
import { key } from "../../src/rng.ts";
import { errorOfGradient, errorsOfMoments, items } from "./oracles.ts";

describe("gaussian", () => {
  it("is the standard normal distribution of the plane", () => {
    const set = gaussian(key(1));
    expect([set.shape, set.pixels, set.classes]).toEqual([[2, 1, 1], false, undefined]);
    expect(
      errorsOfMoments(
        items(set, 20_000).points,
        [0, 0],
        [
          [1, 0],
          [0, 1],
        ],
      ),
    ).toBeLessThan(4);
  });

  it("has the deviation and the dimension asked for", () => {
    const set = isotropicGaussian({ deviation: 3, dimension: 3 })(key(2));
    expect(
      errorsOfMoments(
        items(set, 20_000).points,
        [0, 0, 0],
        [
          [9, 0, 0],
          [0, 9, 0],
          [0, 0, 9],
        ],
      ),
    ).toBeLessThan(4);
  });

  it.each([0, 0.01, 0.5, 1, 7])(
    "has the gradient of the smoothed log density as its score at σ = %f",
    (sigma) => {
      const s = 1.5;
      const set = isotropicGaussian({ deviation: s, dimension: 3 })(key(0));
      const logDensity = (x: readonly number[]) =>
        -x.reduce((sum, v) => sum + v * v, 0) / 2 / (s * s + sigma * sigma);
      for (const x of [
        [0, 0, 0],
        [1, -2, 0.5],
        [30, -40, 50],
      ].map((v) => Float64Array.from(v))) {
        expect(errorOfGradient(set.score?.(x, sigma), logDensity, x)).toBeLessThan(1e-6);
      }
    },
  );

  it("refuses a deviation that is none", () => {
    expect(() => isotropicGaussian({ deviation: -1 })).toThrow("invalid deviation: -1 (need a number >= 0)");
    expect(() => isotropicGaussian({ deviation: NaN })).toThrow("invalid deviation: NaN");
  });
});
