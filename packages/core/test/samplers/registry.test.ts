import { describe, expect, it } from "vitest";
import { samplers, type Sampler, type Step } from "../../src/samplers/index.ts";
import { schedules } from "../../src/schedules.ts";
import { prior, type Space } from "../../src/space.ts";
import { checkedSpace, type Held } from "../checked-space.ts";
import { meanZ, varianceZ } from "../statistics.ts";
import {
  card,
  deviation,
  expectedVariance,
  gaussianSpace,
  linearSpace,
  result,
  setting,
  settings,
  varianceOf,
  type Setting,
} from "./gaussian.ts";

describe.each(settings)("on Gaussian data, %s", (_, chosen) => {
  it("ends with exactly the variance of its recursion", async () => {
    const variance = varianceOf(await result(linearSpace(), chosen));
    expect(variance / expectedVariance(chosen)).toBeCloseTo(1, 12);
  });

  it("ends with it in 20,000 chains, and mean 0, within 4 standard errors", async () => {
    const x = await result(gaussianSpace({ seed: 1 }), chosen);
    const variance = expectedVariance(chosen);
    expect(Math.abs(meanZ(x, 0, variance))).toBeLessThan(4);
    expect(Math.abs(varianceZ(x, variance))).toBeLessThan(4);
  });

  it("fails that oracle under each mutation", async () => {
    const variance = expectedVariance(chosen);
    const { sampler, sigmas, options } = chosen;
    const total = sampler.evaluations(8, options) ?? NaN;
    const survivors: string[] = [];
    for (const [name, mutate] of Object.entries(mutations)) {
      if (name.includes("denoising") && "denoise" in options && options.denoise === false) continue;
      const x = await result(mutate(gaussianSpace({ seed: 1 }), [...sigmas], total), chosen);
      if (Math.abs(varianceZ(x, variance)) <= 4) survivors.push(name);
    }
    expect(survivors).toEqual([]);
  });
});

/** Faults that a sampler could have, put into the space it runs on. */
const mutations: Readonly<
  Record<string, <V>(space: Space<V>, sigmas: readonly number[], total: number) => Space<V>>
> = {
  "noise times √2": (space) => ({ ...space, noise: (draw) => times(space, Math.SQRT2, space.noise(draw)) }),
  "half the step": (space) => ({
    ...space,
    noise: (draw) => times(space, draw === 0 ? 1 : Math.SQRT1_2, space.noise(draw)),
    score: async (x, sigma) => times(space, 0.5, await space.score(x, sigma)),
  }),
  "no last denoising step": (space, _, total) => {
    let evaluations = 0;
    return {
      ...space,
      score: async (x, sigma) => times(space, ++evaluations === total ? 0 : 1, await space.score(x, sigma)),
    };
  },
  "scores of one level earlier": (space, sigmas) => ({
    ...space,
    score: (x, sigma) => space.score(x, sigmas[Math.max(0, sigmas.indexOf(Number(sigma)) - 1)]),
  }),
  "scores of one level later": (space, sigmas) => ({
    ...space,
    score: (x, sigma) =>
      space.score(x, sigmas[Math.min(sigmas.indexOf(Number(sigma)) + 1, sigmas.length - 1)]),
  }),
};

function times<V>(space: Space<V>, factor: number, x: V): V {
  const scaled = space.combine([[factor, x]]);
  space.release(x);
  return scaled;
}

describe.each(Object.entries(samplers))("%s", (name, registered) => {
  const sampler: Sampler = registered;
  const { options } = setting(name as keyof typeof samplers);

  it("is described, and has a rule for each of its defaults", () => {
    expect(sampler.summary).toMatch(/\(.+ \d{4}.*\)$/);
    for (const option of Object.keys(sampler.defaults))
      expect(Object.keys(sampler.options)).toContain(option);
  });

  it("approaches the data's variance: with four times the steps, less than 3/4 of the error", async () => {
    const error = async (steps: number): Promise<number> => {
      const sigmas = schedules[sampler.schedule](steps, { sigmaMin: 0.002, sigmaMax: 20 });
      const form = await result(linearSpace(), { ...setting(name as keyof typeof samplers), sigmas });
      return Math.abs(varianceOf(form) / deviation ** 2 - 1);
    };
    const [few, many] = [await error(sampler.steps), await error(4 * sampler.steps)];
    expect(few).toBeLessThan(0.2);
    expect(many).toBeLessThan(0.75 * few);
  });

  const walk = async (chosen: Pick<Setting, "sigmas" | "options">) => {
    const space = checkedSpace(gaussianSpace({ count: 2, dimension: 3 }));
    const run = sampler.run(space, prior(space, card, chosen.sigmas[0]), chosen.sigmas, chosen.options);
    const steps: Step<Held>[] = [];
    for (;;) {
      const { done, value } = await run.next();
      if (done === true) return { space, steps, returned: value };
      expect(space.live, "only x is alive at a yield").toBe(1);
      expect(space.evaluations).toBe(value.evaluations);
      space.open(value.x);
      steps.push(value);
    }
  };

  it.each([1, 2, 7])("counts its steps and evaluations, keeps the pool level: %s steps", async (steps) => {
    const sigmas = schedules[sampler.schedule](steps, { sigmaMin: 0.1, sigmaMax: 4 });
    const { space, steps: seen, returned } = await walk({ sigmas, options });
    expect(seen.map(({ index }) => index)).toEqual(seen.map((_, i) => i));
    expect(new Set(seen.map(({ total }) => total))).toEqual(new Set([seen.length]));
    expect(seen.at(-1)?.x).toBe(returned);
    expect(space.evaluations).toBe(sampler.evaluations(steps, options));
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
    expect(space.sigmas.every((sigma) => Number(sigma) > 0)).toBe(true);
    expect(steps.at(-1)?.total).toBe(steps.length);
  });

  it("makes image 5 alone as in a batch of 6, bit for bit", async () => {
    const chosen = setting(name as keyof typeof samplers);
    const batch = await result(gaussianSpace({ count: 6, dimension: 7 }), chosen);
    const alone = await result(gaussianSpace({ count: 1, dimension: 7, first: 5 }), chosen);
    expect(alone).toEqual(batch.subarray(5 * 7));
  });
});
