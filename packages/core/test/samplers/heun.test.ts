import { describe, expect, it } from "vitest";
import { heun } from "../../src/samplers/heun.ts";
import { schedules } from "../../src/schedules.ts";
import { deviation, linearSpace, result, type Form } from "./gaussian.ts";

const end = async (sigmas: Float64Array): Promise<number> => {
  const form: Form = await result(linearSpace(), { sampler: heun, sigmas, options: {} });
  return form.get(0) ?? NaN; // x = coefficient · z
};

describe("heun", () => {
  it("says at each step the level that it has arrived at", async () => {
    const sigmas = schedules.karras(5, { sigmaMin: 0.1, sigmaMax: 2 });
    const seen: number[] = [];
    for await (const { sigma } of heun.run(linearSpace(), new Map([[0, 2]]), sigmas, {})) seen.push(sigma);
    expect(seen).toEqual([...sigmas.subarray(1)]);
  });

  it("lands on the mean of the data where the first step goes to 0: Euler is Tweedie's formula", async () => {
    expect(await end(Float64Array.of(3, 0))).toBeCloseTo((3 * deviation ** 2) / (deviation ** 2 + 9), 12);
  });
});
