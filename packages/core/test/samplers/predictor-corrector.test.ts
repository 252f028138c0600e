import { expect, it } from "vitest";
import { predictorCorrector } from "../../src/samplers/predictor-corrector.ts";
import { gaussianSpace, result } from "./gaussian.ts";

it("leaves an image alone whose score is 0, and no other", async () => {
  const blank = (count: number, first: number) => {
    const space = gaussianSpace({ count, dimension: 5, first });
    const score: typeof space.score = async (x, sigma) => {
      const factor = Float64Array.from({ length: count }, (_, i) => (first + i === 1 ? 0 : 1));
      return space.combine([[factor, await space.score(x, sigma)]]);
    };
    return { ...space, score };
  };
  const chosen = {
    sampler: predictorCorrector,
    sigmas: Float64Array.of(2, 1, 0),
    options: predictorCorrector.defaults,
  };
  const batch = await result(blank(3, 0), chosen);
  expect(batch.every(Number.isFinite)).toBe(true);
  for (const image of [0, 1, 2])
    expect(await result(blank(1, image), chosen)).toEqual(batch.subarray(5 * image, 5 * (image + 1)));
});
