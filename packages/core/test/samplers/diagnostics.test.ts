import { describe, expect, it } from "vitest";
import { densitySpace } from "../../src/density-space.ts";
import { varianceRatio } from "../../src/samplers/annealed-langevin.ts";
import {
  diagnoseLevels,
  langevinAdvice,
  type Diagnostics,
  type LevelDiagnosis,
} from "../../src/samplers/diagnostics.ts";
import { samplers, type Sampler, type SamplerName } from "../../src/samplers/index.ts";
import { schedules } from "../../src/schedules.ts";
import { prior, type Space } from "../../src/space.ts";
import { checkedSpace } from "../checked-space.ts";
import { card, gaussianSpace } from "./gaussian.ts";

const sigmas = schedules.geometric(5, { sigmaMin: 0.1, sigmaMax: 1.6 }); // 1.6, 0.8, 0.4, 0.2, 0.1

/** Data at one point, 0, whose score is `steepness` times what it should be. */
const point = (steepness = 1) =>
  densitySpace({
    count: 20,
    dimension: 500,
    seed: 1,
    score: (x, sigma) => x.map((v) => (-steepness * v) / sigma ** 2),
  });

async function diagnosed<V>(
  space: Space<V>,
  name: SamplerName,
  levels: Float64Array,
  options: object,
): Promise<Diagnostics[]> {
  const sampler: Sampler = samplers[name];
  const given = { ...sampler.defaults, ...options, diagnose: true };
  const seen: Diagnostics[] = [];
  for await (const { diagnostics } of sampler.run(space, prior(space, card, levels[0]), levels, given))
    if (diagnostics) seen.push(diagnostics);
  return seen;
}

describe("diagnostics at data in one point, where theory is exact,", () => {
  it("are its variance ratio and signal-to-noise, step for step, within 4 standard errors of 10,000 values", async () => {
    const steps = await diagnosed(point(), "annealed-langevin", sigmas, { stepsPerLevel: 3, epsilon: 0.003 });
    expect(steps).toHaveLength(15);
    for (const { varianceRatio, signalToNoise, theory } of steps) {
      const ratio = varianceRatio.reduce((sum, value) => sum + value, 0) / 20;
      expect(Math.abs(ratio / theory.varianceRatio - 1)).toBeLessThan(4 * Math.sqrt(2 / 10_000));
      const snr = signalToNoise.reduce((sum, value) => sum + value, 0) / 20;
      // Of two norms, each with half the relative error of its square.
      expect(Math.abs(snr / theory.signalToNoise - 1)).toBeLessThan(4 * Math.sqrt(1 / 10_000));
    }
  });

  it("have the theory of Proposition 3, from one level to the next", async () => {
    const eta = 0.3;
    const steps = await diagnosed(point(), "annealed-langevin", sigmas, {
      stepsPerLevel: 2,
      epsilon: eta * 0.1 ** 2,
    });
    expect(steps.map((step) => step.eta)).toEqual(steps.map(() => expect.closeTo(eta, 12) as number));
    expect(steps[0].theory).toEqual({
      varianceRatio: 1,
      signalToNoise: expect.closeTo(Math.sqrt(eta / 2), 12) as number,
    });
    // Of one level alone, and then of the next, that begins with what the first has left.
    const after = varianceRatio(eta, 1, 2);
    expect(steps[2].theory.varianceRatio).toBeCloseTo(4 * after, 12);
    expect(steps[4].theory.varianceRatio).toBeCloseTo(4 * varianceRatio(eta, 2 * Math.sqrt(after), 2), 12);
  });

  it("say which steps mala took", async () => {
    const steps = await diagnosed(point(), "mala", sigmas, {});
    expect(steps).toHaveLength(5);
    for (const { accepted, theory } of steps) {
      expect(accepted?.every((value) => value === 0 || value === 1)).toBe(true);
      expect(theory.varianceRatio).toBe(1);
    }
  });
});

it.each<[SamplerName]>([["annealed-langevin"], ["langevin"], ["mala"]])(
  "diagnostics of %s are there only when asked for, read back only then, and change nothing",
  async (name) => {
    const sampler: Sampler = samplers[name];
    let dots = 0;
    const run = async (options: object) => {
      const inner = gaussianSpace({ count: 2, dimension: 3 });
      const space = checkedSpace({ ...inner, dot: (a, b) => ((dots += 1), inner.dot(a, b)) });
      let x = prior(space, card, 1.6);
      let has = false;
      for await (const step of sampler.run(space, x, sigmas, { ...sampler.defaults, ...options })) {
        ({ x } = step);
        has = step.diagnostics !== undefined || has;
      }
      expect(space.live).toBe(1);
      return [space.open(x), has] as const;
    };
    const [plain, without] = await run({});
    const usual = dots;
    const [watched, present] = await run({ diagnose: true });
    expect([without, present]).toEqual([false, true]);
    expect(usual).toBe(name === "mala" ? 11 : 0); // its own: a norm for each place, a product for each step
    expect(dots - usual).toBeGreaterThan(usual);
    expect(watched).toEqual(plain);
  },
);

describe("advice", () => {
  const advise = async (options: object, steepness = 1) =>
    langevinAdvice(
      diagnoseLevels(
        await diagnosed(point(steepness), "annealed-langevin", sigmas, { stepsPerLevel: 5, ...options }),
      ),
    );

  it("is none where the step is right", async () => {
    expect(await advise({ stepsPerLevel: 10 })).toEqual([]);
  });

  it("is to take larger steps where x lags behind its levels", async () => {
    expect(await advise({ epsilon: 1e-4 })).toEqual([
      expect.stringMatching(
        /^the step is too small: at sigma 0.1 x has \d+(\.\d+)? times the variance of the level, left from the level before; /,
      ),
    ]);
    expect((await advise({ alpha: 1e-4 }))[0]).toMatch(/^the step is too small: at sigma 0.1 /); // the tutorial's
  });

  it("is to take smaller steps where their own noise is too much", async () => {
    // η = 1 leaves 2/(2 − η) = 2 times the variance in every step.
    expect(await advise({ epsilon: 0.01 })).toEqual([
      expect.stringMatching(
        /^the step is too large: at sigma .* x has (1\.9|2)[.\d]* times .*, and its noise alone leaves 2 times$/,
      ),
    ]);
  });

  it("names a step at which x runs away", async () => {
    expect((await advise({ epsilon: 0.021 }))[0]).toMatch(
      /^the step is too large: .* and grows from alpha = 2\*sigma\^2 on$/,
    );
  });

  it("names a score that is steeper than theory expects", async () => {
    expect((await advise({ epsilon: 0.0035 }, 5))[0]).toMatch(
      /^the step is too large: .* where theory says .*, so the score is steeper than it expects$/,
    );
  });

  it.each([
    [0.1, "the step is too large: 10 % of the steps are accepted at sigma 0.1 (57 % is best)"],
    [0.95, "the step is too small: 95 % of the steps are accepted at sigma 0.1 (57 % is best)"],
    [0.6, undefined],
  ])("goes by the accepted share, %s, where there is one", (accepted, text) => {
    const level: LevelDiagnosis = {
      sigma: 0.1,
      eta: 1,
      varianceRatio: 1,
      signalToNoise: 1,
      accepted,
      theory: { varianceRatio: 1, signalToNoise: 1 },
    };
    expect(langevinAdvice([level])).toEqual(text === undefined ? [] : [text]);
  });
});
