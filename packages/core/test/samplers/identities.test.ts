/** Samplers that are one step under several names, and the textbooks' forms of them in the textbooks' coordinates. */
import { describe, expect, it } from "vitest";
import { ddpmTable, tableSigmas } from "../../src/noise-tables.ts";
import { resolveOptions, samplers, type Sampler, type SamplerName } from "../../src/samplers/index.ts";
import { schedules } from "../../src/schedules.ts";
import { prior, type Space } from "../../src/space.ts";
import { card, linearSpace, result, type Form } from "./gaussian.ts";

const karras = schedules.karras(7, { sigmaMin: 0.1, sigmaMax: 5 });
const geometric = schedules.exponential(7, { sigmaMin: 0.1, sigmaMax: 5 });

/** What a sampler makes of z: its exact coefficients, draw by draw. */
const coefficients = (name: SamplerName, sigmas: Float64Array, options: object = {}): Promise<Form> => {
  const sampler: Sampler = samplers[name];
  return result(linearSpace(), { sampler, sigmas, options: resolveOptions(name, sampler, options) });
};

/** The draws whose coefficients differ by more than rounding. */
const differences = (one: Form, other: Form): number[] =>
  [...new Set([...one.keys(), ...other.keys()])].filter((draw) => {
    const [a, b] = [one.get(draw) ?? 0, other.get(draw) ?? 0];
    return !(Math.abs(a - b) <= 1e-10 * Math.abs(b));
  });

describe("one step under several names", () => {
  it.each<[string, () => Promise<Form>, () => Promise<Form>]>([
    ["DDIM is Euler's method", () => coefficients("ddim", karras), () => coefficients("euler", karras)],
    [
      "DDIM with eta = 1 is DDPM",
      () => coefficients("ddim", karras, { eta: 1 }),
      () => coefficients("ddpm", karras),
    ],
    [
      "DDPM is Euler ancestral",
      () => coefficients("ddpm", karras),
      () => coefficients("euler-ancestral", karras),
    ],
    [
      "EDM without churn is Heun's method",
      () => coefficients("edm-stochastic", karras, { sChurn: 0 }),
      () => coefficients("heun", karras),
    ],
    [
      "SDE-DPM-Solver++(2M) without noise is DPM-Solver++(2M)",
      () => coefficients("sde-dpm-2m", karras, { eta: 0 }),
      () => coefficients("dpm-solver-2m", karras),
    ],
    [
      "its first step is ancestral",
      () => coefficients("sde-dpm-2m", Float64Array.of(3, 0.7)),
      () => coefficients("ancestral", Float64Array.of(3, 0.7)),
    ],
    [
      "consistent annealed sampling with eta = 1 - gamma^2 is ancestral",
      () => coefficients("consistent-annealed", geometric, { epsilon: (1 - 50 ** (-2 / 6)) * 0.1 ** 2 }),
      () => coefficients("ancestral", geometric),
    ],
    [
      "an ancestral predictor without corrector is ancestral",
      () => coefficients("predictor-corrector", karras, { predictor: "ancestral", corrections: 0 }),
      () => coefficients("ancestral", karras),
    ],
  ])("%s", async (_, one, other) => {
    expect(differences(await one(), await other())).toEqual([]);
  });
});

/** y ← a·y + b·ε + c·z, with ε = −σ·score and z the noise of that draw. */
type Textbook = (from: number, to: number) => readonly [a: number, b: number, c: number];

/** Runs a textbook's recursion on y = x·scale(σ). */
async function recursion(
  step: Textbook,
  sigmas: Float64Array,
  scale: (sigma: number) => number,
): Promise<Form> {
  const space: Space<Form> = linearSpace();
  let x = prior(space, card, sigmas[0]);
  for (let i = 0; i + 1 < sigmas.length; i++) {
    const [sigma, next] = [sigmas[i], sigmas[i + 1]];
    const [a, b, c] = step(sigma, next);
    const score = await space.score(x, sigma);
    x = space.combine([
      [(a * scale(sigma)) / scale(next), x],
      [(-sigma * b) / scale(next), score],
      ...(c === 0 ? [] : [[c / scale(next), space.noise(i + 1)] as const]),
    ]);
  }
  return x;
}

const bar = (sigma: number): number => 1 / (1 + sigma ** 2); // ᾱ
const vpScale = (sigma: number): number => Math.sqrt(bar(sigma));

/** β of a step between two levels, where ᾱ falls by 1 − β. */
const betaOf = (sigma: number, next: number): number => 1 - bar(sigma) / bar(next);

describe("in the coordinates of its paper", () => {
  const table = Float64Array.of(...tableSigmas(ddpmTable, [1, 1]).filter((_, i) => i % 100 === 99), 0);

  it("ddpm is algorithm 2 of Ho et al. 2020, with the smaller variance", async () => {
    const step: Textbook = (sigma, next) => {
      const beta = betaOf(sigma, next);
      const factor = 1 / Math.sqrt(1 - beta);
      const variance = ((1 - bar(next)) / (1 - bar(sigma))) * beta;
      return [factor, (-factor * beta) / Math.sqrt(1 - bar(sigma)), Math.sqrt(variance)];
    };
    expect(differences(await coefficients("ddpm", table), await recursion(step, table, vpScale))).toEqual([]);
  });

  it("its schedule is the table of β itself", () => {
    const sigmas = tableSigmas(ddpmTable, [1, 1]);
    const range = { sigmaMin: sigmas[999], sigmaMax: sigmas[0] };
    expect([...schedules.ddpm(1000, range)]).toEqual([...sigmas, 0]);
    const some = [...schedules.ddpm(50, range)].slice(0, -1);
    for (const sigma of some) expect(sigmas).toContain(sigma);
    // ᾱ_1 = 1 − 1e-4, ᾱ_1000 = 4.04e-5 (Ho et al. 2020, section 4: signal left at T)
    expect(bar(some[49])).toBeCloseTo(1 - 1e-4, 12);
    expect(bar(some[0]) / 4.036e-5).toBeCloseTo(1, 3);
  });

  it.each([0, 0.3])("ddim is equation 12 of Song, Meng & Ermon 2021 at eta %s", async (eta) => {
    const step: Textbook = (sigma, next) => {
      const [a, b] = [bar(sigma), bar(next)];
      const noise = eta * Math.sqrt(((1 - b) / (1 - a)) * (1 - a / b));
      const direction = Math.sqrt(Math.max(0, 1 - b - noise ** 2));
      return [Math.sqrt(b / a), direction - Math.sqrt((b / a) * (1 - a)), noise];
    };
    expect(
      differences(await coefficients("ddim", table, { eta }), await recursion(step, table, vpScale)),
    ).toEqual([]);
  });

  it("euler-ancestral is k-diffusion's step", async () => {
    const step: Textbook = (sigma, next) => {
      const up = Math.min(next, Math.sqrt((next ** 2 * (sigma ** 2 - next ** 2)) / sigma ** 2));
      const down = Math.sqrt(next ** 2 - up ** 2);
      return [1, down - sigma, up]; // d = (x − denoised)/σ = ε
    };
    expect(
      differences(await coefficients("euler-ancestral", karras), await recursion(step, karras, () => 1)),
    ).toEqual([]);
  });

  it("the reverse diffusion of VP is that of Song et al. 2021, appendix E", async () => {
    const step: Textbook = (sigma, next) => {
      if (next === 0) return [1 / vpScale(sigma), -sigma, 0]; // x itself, denoised
      const beta = betaOf(sigma, next);
      return [2 - Math.sqrt(1 - beta), -beta / Math.sqrt(1 - bar(sigma)), Math.sqrt(beta)];
    };
    const options = { sde: "vp", corrections: 0 };
    expect(
      differences(
        await coefficients("predictor-corrector", table, options),
        await recursion(step, table, vpScale),
      ),
    ).toEqual([]);
  });

  it("the reverse diffusion of VE adds all the noise between two levels", async () => {
    const step: Textbook = (sigma, next) => {
      const variance = sigma ** 2 - next ** 2;
      return [1, -variance / sigma, next === 0 ? 0 : Math.sqrt(variance)];
    };
    const options = { sde: "ve", corrections: 0 };
    expect(
      differences(
        await coefficients("predictor-corrector", karras, options),
        await recursion(step, karras, () => 1),
      ),
    ).toEqual([]);
  });
});
