import { describe, expect, it } from "vitest";
import { resolveOptions, samplers, type Sampler, type SamplerName } from "../../src/samplers/index.ts";

const langevin: Sampler = samplers["annealed-langevin"];
const resolve = (...given: object[]) => resolveOptions("annealed-langevin", langevin, ...given);

describe.each(Object.entries(samplers))("options of %s", (name, sampler: Sampler) => {
  it("are its defaults, which its own rules allow", () => {
    expect(resolveOptions(name, sampler)).toEqual(sampler.defaults);
    expect(resolveOptions(name, sampler, sampler.defaults)).toEqual(sampler.defaults);
  });

  it("are known by name", () => {
    expect(() => resolveOptions(name, sampler, { stepSize: 1 })).toThrow(
      `unknown option of ${name}: stepSize (it has `,
    );
  });

  it("have rules that say what they are about", () => {
    for (const rule of Object.values(sampler.options))
      expect(rule).toHaveProperty("about", expect.stringMatching(/.{10}/));
  });
});

describe("options", () => {
  it("given later win, and undefined is as if not given", () => {
    expect(resolve({ stepsPerLevel: 3 }, { stepsPerLevel: 9, denoise: undefined })).toEqual({
      stepsPerLevel: 9,
      denoise: true,
    });
  });

  it("take away the one they stand instead of, unless both come together", () => {
    expect(resolve({ alpha: 1e-4 }, { epsilon: 1e-5 })).toEqual({ ...langevin.defaults, epsilon: 1e-5 });
    expect(resolve({ epsilon: 1e-5 }, { alpha: 1e-4 })).toEqual({ ...langevin.defaults, alpha: 1e-4 });
    expect(resolve({ alpha: 1e-4 }, { epsilon: undefined })).toEqual({ ...langevin.defaults, alpha: 1e-4 });
    expect(() => resolve({ alpha: 1e-4, epsilon: 1e-5 })).toThrow("exclude each other: give one of them");
  });

  it.each<[object, string]>([
    [{ stepsPerLevel: 0 }, "invalid stepsPerLevel: 0 (need an integer >= 1)"],
    [{ stepsPerLevel: 1.5 }, "invalid stepsPerLevel: 1.5 (need an integer >= 1)"],
    [{ epsilon: 0 }, "invalid epsilon: 0 (need a number > 0)"],
    [{ epsilon: NaN }, "invalid epsilon: NaN (need a number > 0)"],
    [{ alpha: Infinity }, "invalid alpha: Infinity (need a number > 0)"],
    [{ epsilon: "1" }, "invalid epsilon: 1 (need a number > 0)"],
    [{ denoise: 1 }, "invalid denoise: 1 (need true or false)"],
    [
      { steps: 1 },
      "unknown option of annealed-langevin: steps (it has stepsPerLevel, epsilon, alpha, denoise, diagnose)",
    ],
  ])("refuse %j", (given, message) => {
    expect(() => resolve(given)).toThrow(new RangeError(message));
  });

  it.each<[SamplerName, object, string]>([
    ["ancestral", { eta: 1.5 }, "invalid eta: 1.5 (need a number from 0 to 1)"],
    ["ancestral", { eta: -1 }, "invalid eta: -1 (need a number from 0 to 1)"],
    ["euler-maruyama", { sde: "vpx" }, "invalid sde: vpx (need one of ve, vp, sub-vp)"],
    ["euler-maruyama", { sde: 1 }, "invalid sde: 1 (need one of ve, vp, sub-vp)"],
  ])("of %s refuse %j", (name, given, message) => {
    expect(() => resolveOptions(name, samplers[name], given)).toThrow(new RangeError(message));
  });

  it("of a sampler without any say so", () => {
    expect(() => resolveOptions("heun", samplers.heun, { churn: 1 })).toThrow(
      new RangeError("unknown option of heun: churn (it has none)"),
    );
  });
});
