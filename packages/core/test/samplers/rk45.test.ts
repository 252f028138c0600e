import { describe, expect, it } from "vitest";
import { rk45 } from "../../src/samplers/rk45.ts";
import { prior, type Space } from "../../src/space.ts";
import { card, deviation, gaussianSpace, linearSpace, result, type Form } from "./gaussian.ts";

/** The coefficient of z at the end, and the evaluations on the way. */
async function end(sigmas: number[], tolerance: number): Promise<readonly [x: number, evaluations: number]> {
  const space: Space<Form> = linearSpace();
  const options = { ...rk45.defaults, rtol: tolerance, atol: tolerance };
  let evaluations = 0;
  let x: Form = new Map();
  for await (const step of rk45.run(space, prior(space, card, sigmas[0]), Float64Array.from(sigmas), options))
    ({ x, evaluations } = step);
  return [x.get(0) ?? NaN, evaluations];
}

const exact = (from: number, to: number): number =>
  from * Math.sqrt((deviation ** 2 + to ** 2) / (deviation ** 2 + from ** 2));

describe("rk45", () => {
  it("has an error that follows its tolerance, at evaluations of a fifth-order method", async () => {
    const runs: (readonly [error: number, evaluations: number])[] = [];
    for (const tolerance of [1e-4, 1e-6, 1e-8, 1e-10]) {
      const [x, evaluations] = await end([20, 0.01], tolerance);
      runs.push([Math.abs(x / exact(20, 0.01) - 1), evaluations]);
      expect(runs.at(-1)?.[0]).toBeLessThan(10 * tolerance);
    }
    // The error of a step goes with h⁵, that of the whole way too (it advances by the better method): a hundredth of the
    // tolerance is 100^(1/5) = 2.5 times the steps.
    for (let i = 1; i < runs.length; i++) {
      expect(runs[i][0]).toBeLessThan(runs[i - 1][0] / 10);
      expect(runs[i][1] / runs[i - 1][1]).toBeLessThan(3);
    }
  });

  it("says so where it is given levels that it passes over", () => {
    const options = rk45.defaults;
    expect(rk45.advice?.(Float64Array.of(20, 0.3, 0), options)).toEqual([]);
    expect(rk45.advice?.(Float64Array.of(20, 7, 0.3, 0), options)).toEqual([
      "rk45 finds its own steps: of these levels only the first and the last count",
    ]);
  });

  it("takes no account of the levels in between, and denoises at the end of a schedule that ends at 0", async () => {
    const [x, evaluations] = await end([20, 0.3], 1e-8);
    expect(await end([20, 7, 3, 1, 0.3], 1e-8)).toEqual([x, evaluations]);
    const shrink = deviation ** 2 / (deviation ** 2 + 0.3 ** 2);
    const [denoised, same] = await end([20, 0.3, 0], 1e-8);
    expect(denoised / x).toBeCloseTo(shrink, 14);
    expect(same).toBe(evaluations); // the score there was known
  });

  it("gives each image its own steps: a hard one among easy ones changes none of their bits", async () => {
    // Image 0 has a score a thousand times as steep.
    const steep = (space: Space<Float32Array>, first: number): Space<Float32Array> => ({
      ...space,
      score: async (x, sigma) => {
        const score = await space.score(x, sigma);
        const factor = Float64Array.from({ length: space.count }, (_, i) => (first + i === 0 ? 8 : 1));
        return space.combine([[factor, score]]);
      },
    });
    const options = { ...rk45.defaults, rtol: 1e-4, atol: 1e-4 };
    const chosen = { sampler: rk45, sigmas: Float64Array.of(5, 0.1, 0), options };
    const batch = await result(steep(gaussianSpace({ count: 3, dimension: 5 }), 0), chosen);
    for (const image of [0, 1, 2]) {
      const space = gaussianSpace({ count: 1, dimension: 5, first: image });
      expect(await result(steep(space, image), chosen)).toEqual(batch.subarray(5 * image, 5 * (image + 1)));
    }
  });

  it("takes the steps of one value for an image of many alike: its norms are root mean squares", async () => {
    const steps: number[] = [];
    for (const dimension of [1, 100]) {
      const space = gaussianSpace({ count: 1, dimension });
      const x = space.constant(new Float32Array(dimension).fill(3));
      let evaluations = 0;
      const options = { ...rk45.defaults, rtol: 1e-9, atol: 1e-3 };
      for await (const step of rk45.run(space, x, Float64Array.of(5, 0.1, 0), options))
        ({ evaluations } = step);
      steps.push(evaluations);
    }
    expect(steps[1]).toBe(steps[0]);
  });

  it("is at the σ of the noisiest image, which it says", async () => {
    const space = gaussianSpace({ count: 3, dimension: 5 });
    const seen: number[] = [];
    const totals: (number | undefined)[] = [];
    const run = rk45.run(space, prior(space, card, 5), Float64Array.of(5, 0.1, 0), {
      ...rk45.defaults,
      rtol: 1e-3,
      atol: 1e-3,
    });
    for await (const { sigma, total } of run) {
      seen.push(sigma);
      totals.push(total);
    }
    expect(seen).toEqual([...seen].sort((a, b) => b - a));
    expect(seen.at(-1)).toBe(0);
    expect(totals.slice(0, -1)).toEqual(Array(totals.length - 1).fill(undefined));
    expect(totals.at(-1)).toBe(totals.length);
  });

  it("gives up where no step keeps to its tolerances, in one line", async () => {
    const space: Space<Form> = { ...linearSpace(), dot: () => Promise.resolve(Float64Array.of(1)) };
    const run = result(space, {
      sampler: rk45,
      sigmas: Float64Array.of(5, 0.1),
      options: { ...rk45.defaults, rtol: 1e-9, atol: 1e-9 },
    });
    await expect(run).rejects.toThrow("rk45 finds no step at sigma 5 that keeps to its tolerances");
  });

  it("ends after so many evaluations, where float32 cannot follow its tolerances, and says how far it is", async () => {
    const options = { rtol: 1e-13, atol: 1e-13, maxEvaluations: 100 };
    const space = gaussianSpace({ count: 2, dimension: 5 });
    let asked = 0;
    const counted: typeof space = { ...space, score: (x, sigma) => (asked++, space.score(x, sigma)) };
    const run = result(counted, { sampler: rk45, sigmas: Float64Array.of(5, 0.1), options });
    await expect(run).rejects.toThrow(
      /^rk45 is at sigma [\d.]+ after 97 evaluations \(need larger rtol or atol, or maxEvaluations > 100\)$/,
    );
    expect(asked).toBe(97);
  });
});
