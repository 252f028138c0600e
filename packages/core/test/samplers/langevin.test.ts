import { describe, expect, it } from "vitest";
import { langevin } from "../../src/samplers/langevin.ts";
import { mala } from "../../src/samplers/mala.ts";

describe("advice on a chain at one level", () => {
  const near = Float64Array.of(0.3, 0.2, 0.1);
  const far = Float64Array.of(80, 1, 0.01, 0);
  const start =
    "x starts at sigma 80 and the score is asked at 0.01 alone, where it has not seen such x " +
    "(need sigmaMax near sigmaMin, or annealed-langevin)";

  it("is none near the level, with a step that is stable", () => {
    expect(langevin.advice?.(near, { denoise: false })).toEqual([]);
    expect(langevin.advice?.(near, { alpha: 0.0199, denoise: false })).toEqual([]);
    expect(mala.advice?.(near, mala.defaults)).toEqual([]);
  });

  it("names an α at which Langevin diverges; mala rejects such steps", () => {
    expect(langevin.advice?.(near, { alpha: 0.0201, denoise: false })).toEqual([
      "alpha 0.0201 is unstable: need alpha < 2*sigma^2 = 0.02",
    ]);
    expect(mala.advice?.(near, { ...mala.defaults, alpha: 0.0201 })).toEqual([]);
  });

  it("names a start that is far from it", () => {
    expect(langevin.advice?.(far, { denoise: false })).toEqual([start]);
    expect(mala.advice?.(far, mala.defaults)).toEqual([start]);
  });
});
