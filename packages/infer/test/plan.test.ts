import { describe, expect, it } from "vitest";
import { samplers, type Sampler, type SamplerName } from "@ncsn/core";
import { resolvePlan, type SampleRequest } from "@ncsn/infer";
import { gaussianCard } from "./gaussian-model.ts";

const card = gaussianCard();
const langevin = gaussianCard({
  sampler: {
    name: "annealed-langevin",
    steps: 7,
    options: { stepsPerLevel: 3, alpha: 1e-4, denoise: false },
    schedule: "linear",
    prior: "uniform",
  },
});
const plan = (request: SampleRequest = {}, of = card) => resolvePlan(of, request, 8);

describe("a plan", () => {
  it("takes from the card what a request leaves open", () => {
    expect(plan({}, langevin)).toMatchObject({
      count: 1,
      seed: 0,
      first: 0,
      batch: 8,
      sampler: "annealed-langevin",
      steps: 7,
      schedule: "linear",
      prior: "uniform",
      options: { stepsPerLevel: 3, alpha: 1e-4, denoise: false },
      evaluations: 21,
    });
  });

  it("takes from another sampler than the card's its own defaults and the normal prior", () => {
    expect(plan({ sampler: "heun" }, langevin)).toMatchObject({
      steps: 18,
      schedule: "karras",
      prior: "normal",
      options: {},
    });
  });

  it("takes the card's levels for the card's sampler alone, and a request's before them", () => {
    const [least, most] = card.sigmaRange;
    const sampler = { ...langevin.sampler, sigmaMin: 2 * least, sigmaMax: most / 2 };
    const ends = (request: SampleRequest): (number | undefined)[] => {
      const { sigmas } = plan({ ...request, steps: 3 }, gaussianCard({ sampler }));
      return [sigmas[0], sigmas[2]];
    };
    expect(ends({})).toEqual([most / 2, 2 * least]);
    expect(ends({ sigmaMax: most })).toEqual([most, 2 * least]);
    expect(ends({ sampler: "heun" })).toEqual([most, least]);
  });

  it("lets a request's epsilon take the place of the card's alpha", () => {
    expect(plan({ options: { epsilon: 1e-5 } }, langevin).options).toEqual({
      stepsPerLevel: 3,
      epsilon: 1e-5,
      denoise: false,
    });
  });

  it.each([
    ["karras", "heun"],
    ["geometric", "heun"],
    ["linear", "heun"],
  ] as const)("gives %s levels a 0 at the end for %s", (schedule, sampler) => {
    const { sigmas } = plan({ sampler, schedule, steps: 4 });
    expect([sigmas.length, sigmas[3], sigmas[4]]).toEqual([5, card.sigmaRange[0], 0]);
  });

  it("keeps the 0 from a sampler that has its own end", () => {
    const { sigmas } = plan({ sampler: "annealed-langevin", schedule: "karras", steps: 4 });
    expect([sigmas.length, sigmas[3]]).toEqual([4, card.sigmaRange[0]]);
  });

  it.each([
    [1, 1],
    [2, 1],
    [3, 2],
    [34, 17],
    [35, 18],
    [1001, 501],
  ])("makes of %i evaluations %i steps of heun", (evaluations, steps) => {
    expect(plan({ evaluations }).steps).toBe(steps);
  });

  it("spends no more than its budget on annealed Langevin", () => {
    expect(plan({ sampler: "annealed-langevin", evaluations: 100 })).toMatchObject({
      steps: 19,
      evaluations: 96,
    });
  });

  it.each(Object.keys(samplers) as SamplerName[])(
    "makes of a budget the most steps of %s that it allows",
    (name) => {
      const sampler: Sampler = samplers[name];
      if (sampler.evaluations(1, sampler.defaults) === undefined) {
        const refusal = `${name} decides by itself how many evaluations it takes`;
        expect(() => plan({ sampler: name, evaluations: 50 })).toThrow(new TypeError(refusal));
        return;
      }
      for (const budget of [6, 7, 50, 333]) {
        const { steps, evaluations = NaN, options } = plan({ sampler: name, evaluations: budget });
        expect(evaluations).toBeLessThanOrEqual(budget);
        expect(sampler.evaluations(steps + 1, options)).toBeGreaterThan(budget);
      }
    },
  );

  it("carries the sampler's advice, and says when sigma leaves the trained range", () => {
    const { advice } = plan({ sampler: "annealed-langevin", options: { epsilon: 1 }, sigmaMax: 99 });
    expect(advice).toHaveLength(2);
    expect(advice[0]).toBe("sigma 99 is outside the range that the model was trained on, [0.01, 10]");
    expect(advice[1]).toMatch(/epsilon 1 is unstable/);
  });

  it.each<[SampleRequest, string]>([
    [{ count: 0 }, "invalid count: 0 (need an integer >= 1)"],
    [{ count: 1.5 }, "invalid count: 1.5 (need an integer >= 1)"],
    [{ first: -1 }, "invalid first: -1 (need an integer >= 0)"],
    [{ first: 2 ** 32 - 1, count: 2 }, "invalid first: 4294967295 (need an integer from 0 to 4294967294)"],
    [{ batch: 0 }, "invalid batch: 0 (need an integer >= 1)"],
    [{ steps: 0 }, "invalid steps: 0 (need an integer >= 1)"],
    [{ seed: -1 }, "invalid seed: -1 (need an integer from 0 to 2^53 - 1)"],
    [{ sampler: "verlet" as "heun" }, "unknown sampler: verlet (known: heun, euler, "],
    [{ schedule: "sine" as "linear" }, "unknown schedule: sine (known: geometric, linear, karras, "],
    [{ options: { eta: 1 } }, "unknown option of heun: eta (it has none)"],
    [
      { sampler: "annealed-langevin", options: { eta: 1 } },
      "unknown option of annealed-langevin: eta (it has stepsPerLevel, epsilon, alpha, denoise, diagnose)",
    ],
    [
      { sampler: "annealed-langevin", options: { stepsPerLevel: 0 } },
      "invalid stepsPerLevel: 0 (need an integer >= 1)",
    ],
    [{ sigmaMin: 2, sigmaMax: 1 }, "invalid sigma range: [2, 1] (need 0 < sigmaMin <= sigmaMax)"],
    [{ schedule: "linear", rho: 7 }, "rho is an option of the schedule karras, not of linear"],
    [{ steps: 3, evaluations: 9 }, "steps and evaluations exclude each other: give one of them"],
    [
      { sampler: "annealed-langevin", evaluations: 5 },
      "invalid evaluations: 5 (one step of annealed-langevin takes 6)",
    ],
    [{ label: 3 }, "label 3 given, but gaussian knows no classes"],
  ])("refuses %j", (request, message) => {
    expect(() => plan(request)).toThrow(message);
  });

  it("has labels by name, by number and by image", () => {
    const conditional = gaussianCard({ classes: ["zero", "one"] });
    expect(plan({ count: 2 }, conditional).labels).toEqual(Int32Array.of(-1, -1));
    expect(plan({ count: 2, label: "one" }, conditional).labels).toEqual(Int32Array.of(1, 1));
    expect(plan({ count: 3, label: ["zero", 1, -1] }, conditional).labels).toEqual(Int32Array.of(0, 1, -1));
    expect(() => plan({ label: "two" }, conditional)).toThrow(
      "unknown label: two (known: zero, one, or 0 to 1; -1 for none)",
    );
    expect(() => plan({ label: 2 }, conditional)).toThrow("unknown label: 2 (");
    expect(() => plan({ count: 3, label: [0, 1] }, conditional)).toThrow("invalid label: 2 for 3 images");
  });
});
