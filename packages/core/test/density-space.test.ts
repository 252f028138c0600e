import { describe, expect, it } from "vitest";
import { densitySpace } from "../src/density-space.ts";
import { langevin } from "../src/samplers/langevin.ts";

describe("densitySpace", () => {
  const energy = ([x, y]: Float64Array): number => x ** 2 + Math.cos(y) + x * y;
  const score = ([x, y]: Float64Array): number[] => [-2 * x - y, Math.sin(y) - x];

  it("differentiates an energy that comes without a score", async () => {
    const space = densitySpace({ count: 3, dimension: 2, energy });
    const x = Float32Array.of(0.5, -1, 200, 3, 0, 0);
    const scores = await space.score(x, 1);
    for (let chain = 0; chain < 3; chain++)
      score(Float64Array.from(x.subarray(2 * chain))).forEach((value, i) =>
        expect(scores[2 * chain + i]).toBeCloseTo(value, 4),
      );
  });

  it("hands a score its own point and σ, and an energy its point", async () => {
    const space = densitySpace({
      count: 2,
      dimension: 2,
      score: ([a, b], sigma) => [a * sigma, b],
      energy: ([a, b]) => 10 * a + b,
    });
    const x = Float32Array.of(1, 2, 3, 4);
    expect([...(await space.score(x, Float64Array.of(5, 6)))]).toEqual([5, 2, 18, 4]);
    expect([...((await space.energy?.(x)) ?? [])]).toEqual([12, 34]);
  });

  it("draws by its seed", async () => {
    const run = async (seed: number): Promise<Float32Array> => {
      const space = densitySpace({ count: 2, dimension: 2, seed, score });
      let x = space.noise(0);
      for await (const step of langevin.run(space, x, new Float64Array(3).fill(1), { denoise: false }))
        ({ x } = step);
      return x.slice();
    };
    expect(await run(1)).toEqual(await run(1));
    expect(await run(1)).not.toEqual(await run(2));
  });

  it("needs a score or an energy", () => {
    expect(() => densitySpace({ count: 1, dimension: 1 })).toThrow(
      new TypeError("a density needs a score or an energy"),
    );
  });
});
