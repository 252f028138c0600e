import { describe, expect, it } from "vitest";
import { inpainted, upscaled } from "../../src/control/index.ts";
import { bestEpsilon, samplers } from "../../src/samplers/index.ts";
import { schedules } from "../../src/schedules.ts";
import { hostSpace, prior, type Space } from "../../src/space.ts";
import { checkedSpace } from "../checked-space.ts";
import { card } from "../samplers/gaussian.ts";
import { meanZ, varianceZ } from "../statistics.ts";
import {
  correlatedSpace,
  identity,
  inverse,
  normalScore,
  plus,
  posterior,
  repeated,
  times,
  transposed,
  type Matrix,
} from "./correlated.ts";

const sigmaData = 0.5;
const known = [0.7, -0.4, 9, 9]; // the nines are under the mask

/** Observations with the rows that say the same of four pixels, and the steps that solve for them exactly. */
const observations = {
  "two pixels of four": {
    space: <V>(space: Space<V>, refinements: number) =>
      inpainted(
        space,
        { image: repeated(known, space.count), mask: repeated([1, 1, 0, 0], space.count), sigmaData },
        { refinements },
      ),
    rows: [
      [1, 0, 0, 0],
      [0, 1, 0, 0],
    ],
    y: [0.7, -0.4],
    noise: undefined,
    refinements: 2,
  },
  "a soft mask": {
    space: <V>(space: Space<V>, refinements: number) =>
      inpainted(
        space,
        {
          image: repeated([0.7, -0.4, 0.3, 9], space.count),
          mask: repeated([1, 0.6, 0.2, 0], space.count),
          sigmaData,
        },
        { refinements },
      ),
    rows: [
      [1, 0, 0, 0],
      [0, 1, 0, 0],
      [0, 0, 1, 0],
    ],
    y: [0.7, -0.4, 0.3],
    noise: [
      [0, 0, 0],
      [0, (sigmaData ** 2 * 0.4) / 0.6, 0],
      [0, 0, (sigmaData ** 2 * 0.8) / 0.2],
    ],
    refinements: 3,
  },
  "the mean of a block": {
    space: <V>(space: Space<V>, refinements: number) =>
      upscaled(space, { image: repeated([0.3, 0.3, 0.3, 0.3], space.count), factor: 2 }, { refinements }),
    rows: [[0.25, 0.25, 0.25, 0.25]],
    y: [0.3],
    noise: undefined,
    refinements: 1,
  },
} as const satisfies Record<
  string,
  {
    space: <V>(space: Space<V>, refinements: number) => Space<V>;
    rows: Matrix;
    y: readonly number[];
    noise: Matrix | undefined;
    refinements: number;
  }
>;

/**
 * Mean and covariance of annealed Langevin's x, its last denoising included, where the score is −(C + σ²)⁻¹(x − μ):
 * a step x + α·score + √(2α)·z takes m to μ + K(m − μ) and V to KVKᵀ + 2αI, K = I − α(C + σ²)⁻¹.
 */
function annealed(
  { mean: centre, covariance: c }: ReturnType<typeof posterior>,
  sigmas: Float64Array,
  stepsPerLevel: number,
): { mean: number[]; covariance: Matrix } {
  const last = sigmas[sigmas.length - 1];
  const epsilon = bestEpsilon(sigmas, stepsPerLevel);
  let away: Matrix = centre.map((value) => [-value]);
  let v = plus(zero, identity(4), sigmas[0] ** 2);
  const step = (sigma: number, alpha: number, noise: number) => {
    const keep = plus(identity(4), inverse(plus(c, identity(4), sigma ** 2)), -alpha);
    away = times(keep, away);
    v = plus(times(times(keep, v), transposed(keep)), identity(4), noise);
  };
  for (const sigma of sigmas) {
    const alpha = epsilon * (sigma / last) ** 2;
    for (let t = 0; t < stepsPerLevel; t++) step(sigma, alpha, 2 * alpha);
  }
  step(last, last ** 2, 0);
  return { mean: centre.map((value, i) => value + away[i][0]), covariance: v };
}

const zero: Matrix = Array.from({ length: 4 }, () => [0, 0, 0, 0]);

async function sampled(space: Space<Float32Array>): Promise<Float32Array> {
  const sigmas = schedules.karras(24, { sigmaMin: 0.002, sigmaMax: 20 });
  let x = prior(space, card, sigmas[0]);
  for await (const step of samplers.heun.run(space, x, sigmas, {})) x = step.x;
  return x;
}

describe.each(Object.entries(observations))("knowing %s", (_, { space: of, rows, y, noise, refinements }) => {
  const exact = posterior(rows, y, noise);

  it.each([0.05, 0.4, 3])("the score is the posterior's at σ = %s", async (sigma) => {
    const space = correlatedSpace(5);
    const x = space.combine([[2, space.noise(0)]]);
    const score = await of(space, refinements).score(x, sigma);
    const want = normalScore(exact.covariance, exact.mean, x, sigma);
    const rms = Math.sqrt(want.reduce((sum, value) => sum + value ** 2, 0) / want.length);
    want.forEach((value, i) => expect(Math.abs(score[i] - value) / rms).toBeLessThan(1e-3));
  });

  it("sampling draws from the posterior", async () => {
    const count = 2500;
    const x = await sampled(of(correlatedSpace(count), refinements));
    for (let i = 0; i < 4; i++) {
      const pixel = Float32Array.from({ length: count }, (_, image) => x[4 * image + i]);
      const variance = exact.covariance[i][i];
      if (variance < 1e-12) {
        pixel.forEach((value) => expect(value).toBeCloseTo(exact.mean[i], 5));
        continue;
      }
      expect(Math.abs(meanZ(pixel, exact.mean[i], variance))).toBeLessThan(4);
      expect(Math.abs(varianceZ(pixel, variance))).toBeLessThan(4);
    }
  });

  it("annealed Langevin follows its own recursion on the posterior", async () => {
    const count = 10_000;
    const range = { sigmaMin: 0.02, sigmaMax: 10 };
    const sigmas = schedules.geometric(20, range);
    const options = { stepsPerLevel: 5, denoise: true };
    const space = of(correlatedSpace(count), refinements);
    let x = prior(space, card, sigmas[0]);
    for await (const step of samplers["annealed-langevin"].run(space, x, sigmas, options)) x = step.x;
    const { mean, covariance } = annealed(exact, sigmas, options.stepsPerLevel);
    for (let i = 0; i < 4; i++) {
      const pixel = Float32Array.from({ length: count }, (_, image) => x[4 * image + i]);
      if (covariance[i][i] < 1e-9) continue; // a kept pixel, which the test above holds
      expect(Math.abs(meanZ(pixel, mean[i], covariance[i][i]))).toBeLessThan(4);
      expect(Math.abs(varianceZ(pixel, covariance[i][i]))).toBeLessThan(4);
    }
  });

  it("an image is the same alone and among others, at noise levels of their own", async () => {
    const all = correlatedSpace(3);
    const x = all.noise(0);
    const together = await of(all, 2).score(x, Float64Array.of(0.1, 1, 5));
    const alone = await of(correlatedSpace(1), 2).score(x.slice(4, 8), 1);
    expect(together.subarray(4, 8)).toEqual(alone);
  });

  it.each([0, 2])(
    "with %s refinements it takes as many evaluations more and keeps nothing",
    async (refinements) => {
      const strict = checkedSpace(correlatedSpace(2));
      const wrapped = of(strict, refinements);
      const x = strict.noise(0);
      const live = strict.live;
      strict.release(await wrapped.score(x, 0.5));
      expect(strict.live).toBe(live);
      expect(strict.evaluations).toBe(1 + refinements);
    },
  );
});

describe("the projection alone", () => {
  it("is exact for independent pixels of one width", async () => {
    const space = hostSpace({
      count: 1,
      dimension: 3,
      key: [0, 1],
      score: async (x, sigma, out) => {
        out.set(x.map((value) => -value / (sigmaData ** 2 + Number(sigma) ** 2)));
      },
    });
    const mask = Float32Array.of(1, 0.3, 0);
    const image = Float32Array.of(0.7, -0.4, 9);
    const x = Float32Array.of(1, 2, 3);
    const score = await inpainted(space, { image, mask, sigmaData }, { refinements: 0 }).score(x, 0.4);
    const variances = [0, sigmaData ** 2 * (1 - 0.3), sigmaData ** 2]; // 1/(1/σ_d² + m/(σ_d²(1 − m)))
    [0.7, 0.3 * -0.4, 0].forEach((mean, i) => {
      expect(score[i]).toBeCloseTo((mean - x[i]) / (variances[i] + 0.16), 4);
    });
  });

  it("leaves the others too free where pixels are correlated: the bias that refinements mend", async () => {
    const { rows, y, space: of } = observations["two pixels of four"];
    const exact = posterior(rows, y);
    const x = await sampled(of(correlatedSpace(2500), 0));
    const third = Float32Array.from({ length: 2500 }, (_, image) => x[4 * image + 2]);
    // The third pixel's mean is to be 0.35 with variance 0.175; it comes out at 0.153 and 0.218.
    expect(meanZ(third, exact.mean[2], exact.covariance[2][2])).toBeLessThan(-8);
    expect(varianceZ(third, exact.covariance[2][2])).toBeGreaterThan(8);
  });
});
