import { describe, expect, it } from "vitest";
import { samplers, type Sampler, type SamplerName } from "../../src/samplers/index.ts";
import { schedules } from "../../src/schedules.ts";
import { deviation, linearSpace, result, type Form } from "./gaussian.ts";

/** Solvers of the probability-flow ODE and the order at which their error falls with the length of a step. */
const orders = { euler: 1, ddim: 1, heun: 2, "dpm-solver-2m": 2 } as const satisfies Partial<
  Record<SamplerName, number>
>;

/** The coefficient of z that x = σ₁·z ends with. */
const end = async (name: keyof typeof orders, sigmas: Float64Array): Promise<number> => {
  const sampler: Sampler = samplers[name];
  const form: Form = await result(linearSpace(), { sampler, sigmas, options: sampler.defaults });
  expect([...form.keys()]).toEqual([0]); // no noise on the way
  return form.get(0) ?? NaN;
};

/** Where the probability-flow ODE takes x = σ₁·z by σ₂: x·√((s² + σ₂²)/(s² + σ₁²)). */
const exact = (from: number, to: number): number =>
  from * Math.sqrt((deviation ** 2 + to ** 2) / (deviation ** 2 + from ** 2));

/** log₂ of the ratio of neighbouring errors. */
const measured = (errors: readonly number[]): number[] =>
  errors.slice(1).map((error, i) => Math.log2(errors[i] / error));

/** Those whose levels lie on a smooth curve; tables of β have no levels between theirs. */
const smooth = (["geometric", "linear", "karras", "vp"] as const).map(
  (name) => [name, schedules[name]] as const,
);

describe.each(Object.entries(orders) as [keyof typeof orders, number][])(
  "%s, of order %i,",
  (name, order) => {
    it.each(smooth)("shows its order on the schedule %s", async (_, schedule) => {
      const errors: number[] = [];
      for (const steps of [129, 257, 513]) {
        const sigmas = schedule(steps, { sigmaMin: 0.1, sigmaMax: 2 }).filter((sigma) => sigma > 0);
        errors.push(Math.abs((await end(name, sigmas)) - exact(2, 0.1)));
      }
      for (const slope of measured(errors)) expect(Math.abs(slope - order)).toBeLessThan(0.15);
    });

    // The last interval is of first order, with an error of the order of (sigmaMin/s)² that no halving removes.
    it("shows it down to 0", async () => {
      const errors: number[] = [];
      for (const steps of [128, 256, 512])
        errors.push(
          Math.abs(
            (await end(name, schedules.karras(steps, { sigmaMin: 1e-5, sigmaMax: 10 }))) - exact(10, 0),
          ),
        );
      for (const slope of measured(errors)) expect(Math.abs(slope - order)).toBeLessThan(0.15);
    });
  },
);
