import { describe, expect, it } from "vitest";
import { guided } from "../../src/control/index.ts";
import { key, purposes, split } from "../../src/rng.ts";
import { samplers } from "../../src/samplers/index.ts";
import { schedules } from "../../src/schedules.ts";
import { hostSpace, prior, type Given, type Space } from "../../src/space.ts";
import { checkedSpace } from "../checked-space.ts";
import { card } from "../samplers/gaussian.ts";
import { meanZ, normalCdf } from "../statistics.ts";

/** Two classes of equal weight, N(±1, 1), that overlap. */
const [mean, deviation] = [1, 1];
const conditional = (x: number, sigma: number): number => (mean - x) / (deviation ** 2 + sigma ** 2);
/** The score of both classes together: the mean of their scores by posterior. */
function together(x: number, sigma: number): number {
  const v = deviation ** 2 + sigma ** 2;
  return (mean * Math.tanh((mean * x) / v) - x) / v;
}

/** Every image is labelled as of the class at +1. */
function labelledSpace(count: number, first = 0): Space<Float32Array> {
  return hostSpace({
    count,
    dimension: 1,
    first,
    key: split(key(2), purposes.sampling),
    score: async (x, sigma, out, given: Given) => {
      const score = given === "labels" ? conditional : together;
      out.set(x.map((value, i) => score(value, typeof sigma === "number" ? sigma : sigma[i])));
    },
  });
}

describe("guidance", () => {
  it("is (1 + w)·conditional − w·unconditional", async () => {
    const space = labelledSpace(4);
    const x = space.noise(0);
    for (const w of [-1, 0, 0.5, 3]) {
      const score = await guided(space, w).score(x, 0.7);
      score.forEach((value, i) =>
        expect(value).toBeCloseTo((1 + w) * conditional(x[i], 0.7) - w * together(x[i], 0.7), 5),
      );
    }
    expect(await guided(space, 3).score(x, 0.7, "nothing")).toEqual(await space.score(x, 0.7, "nothing"));
  });

  it("takes two evaluations, one where there is no guidance, and keeps nothing", async () => {
    const strict = checkedSpace(labelledSpace(2));
    const x = strict.noise(0);
    strict.release(await guided(strict, 2).score(x, 1));
    expect([strict.live, strict.evaluations]).toEqual([1, 2]);
    expect(guided(strict, 0)).toBe(strict);
  });

  it("raises the share of images that the exact posterior gives to their class, from its exact value at w = 0", async () => {
    const sigmas = schedules.karras(30, { sigmaMin: 0.01, sigmaMax: 400 });
    const shares: number[] = [];
    for (const w of [0, 0.5, 1, 2, 4]) {
      const space = guided(labelledSpace(10_000), w);
      let x = prior(space, card, sigmas[0]);
      for await (const step of samplers.heun.run(space, x, sigmas, {})) x = step.x;
      const inClass = x.map((value) => (value > 0 ? 1 : 0));
      shares.push(inClass.reduce((a, b) => a + b) / x.length);
      if (w === 0) {
        const p = normalCdf(mean / deviation);
        expect(Math.abs(meanZ(inClass, p, p * (1 - p)))).toBeLessThan(4);
      }
    }
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(shares[4] - shares[0]).toBeGreaterThan(0.1);
  });

  it("gives an image the same bits alone and among others", async () => {
    const run = async (count: number, first: number): Promise<Float32Array> => {
      const space = guided(labelledSpace(count, first), 1.5);
      const sigmas = schedules.karras(6, { sigmaMin: 0.1, sigmaMax: 10 });
      let x = prior(space, card, sigmas[0]);
      for await (const step of samplers.heun.run(space, x, sigmas, {})) x = step.x;
      return x;
    };
    expect(await run(1, 3)).toEqual((await run(5, 0)).subarray(3, 4));
  });
});
