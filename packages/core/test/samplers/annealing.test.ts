/** Why Langevin dynamics is annealed (Song & Ermon 2019, section 3.2): between far regions it does not find the weights. */
import { expect, it } from "vitest";
import { densitySpace } from "../../src/density-space.ts";
import { resolveOptions, samplers, type Sampler, type SamplerName } from "../../src/samplers/index.ts";
import { schedules } from "../../src/schedules.ts";
import { meanZ } from "../statistics.ts";
import { card } from "./gaussian.ts";
import { prior } from "../../src/space.ts";

const count = 1000;
const range = { sigmaMin: 0.1, sigmaMax: 12 };
const [levels, stepsPerLevel] = [40, 20];

/** ¾·N(−3, ½²) + ¼·N(3, ½²) seen through noise. */
function score([x]: Float64Array, sigma: number): number[] {
  const variance = 0.25 + sigma ** 2;
  const share = 1 / (1 + 3 * Math.exp((-6 * x) / variance)); // of the right one
  return [((1 - share) * (-3 - x) + share * (3 - x)) / variance];
}

/** The share of chains on the left, in standard errors of the truth. */
async function left(name: SamplerName, steps: number, options: object): Promise<number> {
  const sampler: Sampler = samplers[name];
  const space = densitySpace({ count, dimension: 1, seed: 2, score });
  const sigmas = schedules.geometric(steps, range);
  let x = prior(space, card, sigmas[0]);
  for await (const step of sampler.run(space, x, sigmas, resolveOptions(name, sampler, options)))
    ({ x } = step);
  return meanZ(
    x.map((value) => (value < 0 ? 1 : 0)),
    0.75,
    0.75 * 0.25,
  );
}

const evaluations = levels * stepsPerLevel;

it.each<[SamplerName, number, object]>([
  ["langevin", evaluations, { alpha: 0.02 }],
  ["mala", evaluations / 2, { alpha: 0.1 }],
])(
  "%s at the lowest level keeps the weights that it began with, a half each",
  async (name, steps, options) => {
    expect(await left(name, steps, options)).toBeLessThan(-12);
  },
);

it("annealed Langevin finds them in as many evaluations", async () => {
  expect(
    Math.abs(await left("annealed-langevin", levels, { stepsPerLevel, epsilon: 0.15 * 0.1 ** 2 })),
  ).toBeLessThan(4);
});
