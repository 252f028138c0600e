import { describe, expect, it } from "vitest";
import { heun } from "../../src/samplers/heun.ts";
import { schedules } from "../../src/schedules.ts";
import { deviation, linearSpace, result, type Form } from "./gaussian.ts";

const end = async (sigmas: Float64Array): Promise<number> => {
  const form: Form = await result(linearSpace(), { sampler: heun, sigmas, options: {} });
  return form.get(0) ?? NaN; // x = coefficient · z
};

/** Where the probability-flow ODE takes x = σ₁·z by σ₂: x·√((s² + σ₂²)/(s² + σ₁²)). */
const exact = (from: number, to: number): number =>
  from * Math.sqrt((deviation ** 2 + to ** 2) / (deviation ** 2 + from ** 2));

describe("heun", () => {
  // The last interval is Euler's, with an error of the order of (sigmaMin/s)² that no halving removes.
  it("is of second order down to 0: halving the steps quarters the error", async () => {
    const range = { sigmaMin: 1e-5, sigmaMax: 10 };
    const errors: number[] = [];
    for (const steps of [64, 128, 256, 512])
      errors.push(Math.abs((await end(schedules.karras(steps, range))) - exact(10, 0)));
    const orders = errors.slice(1).map((error, i) => Math.log2(errors[i] / error));
    for (const order of orders) expect(Math.abs(order - 2)).toBeLessThan(0.1);
    expect(errors[3]).toBeLessThan(1e-4);
  });

  it("is of second order between two levels above 0, on every schedule", async () => {
    const range = { sigmaMin: 0.1, sigmaMax: 2 };
    for (const schedule of Object.values(schedules)) {
      const errors: number[] = [];
      for (const steps of [65, 129, 257]) {
        const sigmas = schedule(steps, range).filter((sigma) => sigma > 0);
        errors.push(Math.abs((await end(sigmas)) - exact(2, 0.1)));
      }
      const orders = errors.slice(1).map((error, i) => Math.log2(errors[i] / error));
      for (const order of orders) expect(Math.abs(order - 2)).toBeLessThan(0.1);
    }
  });

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
