import { describe, expect, it } from "vitest";
import type { Step } from "../../src/samplers/index.ts";
import { resolveOptions } from "../../src/samplers/index.ts";
import { schedules } from "../../src/schedules.ts";
import { prior, type PerImage, type Space } from "../../src/space.ts";
import { checkedSpace, type Held } from "../checked-space.ts";
import { correlationZ, meanZ, varianceZ } from "../statistics.ts";
import { card, deviation, gaussianSpace, linearSpace, result, varianceOf } from "./gaussian.ts";
import { expectedVariance } from "./recursions.ts";
import { convergent, denoises, names, setting, settings, type Setting } from "./settings.ts";

describe.each(settings)("on Gaussian data, %s", (_, chosen) => {
  it("ends with exactly the variance of its recursion", async () => {
    const variance = varianceOf(await result(linearSpace(), chosen));
    const digits = chosen.name === "rk45" ? 7 : 12; // its tolerance
    expect(variance / expectedVariance(chosen)).toBeCloseTo(1, digits);
  });

  // The images are large: a step size from the norms of an image varies with its 10,000 values by a percent.
  it("ends with it in 20,000 chains, mean 0 and no covariance, within 4 standard errors", async () => {
    const x = await result(gaussianSpace({ seed: 1, count: 2, dimension: 10_000 }), chosen);
    const variance = expectedVariance(chosen);
    expect(Math.abs(meanZ(x, 0, variance))).toBeLessThan(4);
    expect(Math.abs(varianceZ(x, variance))).toBeLessThan(4);
    expect(Math.abs(correlationZ(x.subarray(0, 10_000), x.subarray(10_000)))).toBeLessThan(4);
    expect(Math.abs(correlationZ(x.subarray(1), x.subarray(0, -1)))).toBeLessThan(4);
  });

  it("fails that oracle under each mutation, twice as far off as the oracle sees", async () => {
    const survivors: string[] = [];
    for (const [name, mutate] of Object.entries(mutations)) {
      if (name.includes("denoising") && !denoises(chosen)) continue;
      const variance = varianceOf(await result(mutate(linearSpace(), chosen), chosen));
      const errors = (variance / expectedVariance(chosen) - 1) / Math.sqrt(2 / 20_000);
      if (Math.abs(errors) <= 8) survivors.push(`${name}: ${errors.toFixed(1)} standard errors`);
    }
    expect(survivors).toEqual([]);
  });
});

/** Faults that a sampler could have, put into the space it runs on. */
const mutations: Readonly<Record<string, <V>(space: Space<V>, setting: Setting) => Space<V>>> = {
  "noise times √2": (space) => ({ ...space, noise: (draw) => times(space, Math.SQRT2, space.noise(draw)) }),
  "half the step": (space) => ({
    ...space,
    noise: (draw) => times(space, draw === 0 ? 1 : Math.SQRT1_2, space.noise(draw)),
    score: async (x, sigma) => times(space, 0.5, await space.score(x, sigma)),
  }),
  "no last denoising step": (space, { sampler, options }) => {
    const total = sampler.evaluations(8, options);
    let evaluations = 0;
    return {
      ...space,
      score: async (x, sigma) => times(space, ++evaluations === total ? 0 : 1, await space.score(x, sigma)),
    };
  },
  "scores of one level earlier": (space, { sigmas }) => ({
    ...space,
    score: (x, sigma) => space.score(x, shifted(sigma, sigmas, -1)),
  }),
  "scores of one level later": (space, { sigmas }) => ({
    ...space,
    score: (x, sigma) => space.score(x, shifted(sigma, sigmas, 1)),
  }),
};

/** The σ that is `by` levels further on; beyond the levels and between them, times the ratio of the first two. */
function shifted(sigma: PerImage, sigmas: Float64Array, by: 1 | -1): PerImage {
  if (typeof sigma !== "number") return sigma.map((value) => Number(shifted(value, sigmas, by)));
  const at = sigmas.indexOf(sigma);
  const outside = at === -1 || at + by < 0 || at + by === sigmas.length;
  return outside ? sigma * (sigmas[1] / sigmas[0]) ** by : sigmas[at + by];
}

function times<V>(space: Space<V>, factor: number, x: V): V {
  const scaled = space.combine([[factor, x]]);
  space.release(x);
  return scaled;
}

describe.each(names.filter((name) => name !== "mala"))("%s", (name) => {
  const { sampler } = setting(name);

  it("approaches the data's variance: with four times the steps, less than 3/4 of the error", async () => {
    const error = async (steps: number): Promise<number> => {
      const sigmas = schedules[sampler.schedule](steps, { sigmaMin: 0.002, sigmaMax: 20 });
      const options = resolveOptions(name, sampler, convergent[name]?.(steps) ?? {});
      return Math.abs(
        varianceOf(await result(linearSpace(), { sampler, options, sigmas })) / deviation ** 2 - 1,
      );
    };
    const steps = Math.min(sampler.steps, 100);
    const [few, many] = [await error(steps), await error(4 * steps)];
    expect(few).toBeLessThan(0.2);
    expect(many).toBeLessThan(0.75 * few);
  });
});

describe.each(names)("%s", (name) => {
  const { sampler, options } = setting(name);

  it("is described, and has a rule for each of its defaults", () => {
    expect(sampler.summary).toMatch(/\(.+ \d{4}.*\)$/);
    for (const option of Object.keys(sampler.defaults))
      expect(Object.keys(sampler.options)).toContain(option);
  });

  const walk = async (chosen: Pick<Setting, "sigmas" | "options">) => {
    const space = checkedSpace(gaussianSpace({ count: 2, dimension: 3 }));
    const run = sampler.run(space, prior(space, card, chosen.sigmas[0]), chosen.sigmas, chosen.options);
    const steps: Step<Held>[] = [];
    for (;;) {
      const { done, value } = await run.next();
      if (done === true) {
        expect(space.live, "only the result is alive at the end").toBe(1);
        return { space, steps, returned: value };
      }
      expect(space.live, "only x and one value more are alive at a yield").toBeLessThanOrEqual(2);
      expect(space.evaluations).toBe(value.evaluations);
      space.open(value.x);
      steps.push(value);
    }
  };

  it.each([1, 2, 7])("counts its steps and evaluations, keeps the pool level: %s steps", async (steps) => {
    const sigmas = schedules[sampler.schedule](steps, { sigmaMin: 0.1, sigmaMax: 4 });
    const { space, steps: seen, returned } = await walk({ sigmas, options });
    expect(seen.map(({ index }) => index)).toEqual(seen.map((_, i) => i));
    expect(seen.at(-1)?.total).toBe(seen.length);
    for (const { total } of seen) expect([seen.length, undefined]).toContain(total);
    expect(seen.at(-1)?.x).toBe(returned);
    const evaluations = sampler.evaluations(steps, options);
    if (evaluations !== undefined) expect(space.evaluations).toBe(evaluations);
    expect(seen.at(-1)?.evaluations).toBe(space.evaluations);
    const levels = seen.map(({ sigma }) => sigma);
    expect(levels).toEqual([...levels].sort((a, b) => b - a));
    space.release(returned);
    expect(space.live).toBe(0);
  });

  it.each(Object.entries(schedules))("gives numbers on the schedule %s too", async (_, schedule) => {
    const sigmas = schedule(6, { sigmaMin: 0.1, sigmaMax: 4 });
    const { space, returned, steps } = await walk({ sigmas, options });
    expect(space.open(returned).every((value) => Number.isFinite(value))).toBe(true);
    const asked = space.sigmas.flatMap((sigma) => (typeof sigma === "number" ? sigma : [...sigma]));
    expect(Math.max(...asked), "no score above the first level").toBeLessThanOrEqual(sigmas[0]);
    expect(Math.min(...asked), "none below the last").toBeGreaterThanOrEqual(0.1);
    expect(steps.at(-1)?.total).toBe(steps.length);
  });

  it("keeps to levels that are all one", async () => {
    const { space, returned } = await walk({ sigmas: Float64Array.of(0.7, 0.7, 0.7, 0), options });
    expect(space.open(returned).every((value) => Number.isFinite(value))).toBe(true);
  });

  it("makes image 5 alone as in a batch of 6, bit for bit", async () => {
    const chosen = setting(name);
    const batch = await result(gaussianSpace({ count: 6, dimension: 7 }), chosen);
    const alone = await result(gaussianSpace({ count: 1, dimension: 7, first: 5 }), chosen);
    expect(alone).toEqual(batch.subarray(5 * 7));
  });
});
