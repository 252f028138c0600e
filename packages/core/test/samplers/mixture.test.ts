import { describe, expect, it } from "vitest";
import { key, purposes, split } from "../../src/rng.ts";
import { resolveOptions, samplers, type Sampler, type SamplerName } from "../../src/samplers/index.ts";
import { schedules } from "../../src/schedules.ts";
import { hostSpace, prior, type Space } from "../../src/space.ts";
import { meanZ, normalCdf } from "../statistics.ts";
import { card } from "./gaussian.ts";
import { names } from "./settings.ts";

/** A mixture of unequal weights and widths around 0; every value of every image is a chain of its own. */
const components = [
  { weight: 0.75, mean: -1, deviation: 0.6 },
  { weight: 0.25, mean: 3, deviation: 0.8 },
] as const;

type Component = (typeof components)[number];

const expectation = (of: (component: Component) => number): number =>
  components.reduce((sum, component) => sum + component.weight * of(component), 0);

const border = 0.6; // between the two

/** The mixture seen through noise of that σ. */
function truthAt(sigma: number) {
  const variance = (deviation: number) => deviation ** 2 + sigma ** 2;
  return {
    left: expectation(({ mean, deviation: s }) => normalCdf((border - mean) / Math.sqrt(variance(s)))),
    mean: expectation(({ mean }) => mean),
    square: expectation(({ mean, deviation: s }) => mean ** 2 + variance(s)),
    fourth: expectation(
      ({ mean, deviation: s }) => mean ** 4 + 6 * mean ** 2 * variance(s) + 3 * variance(s) ** 2,
    ),
  };
}

/** 10,000 chains. @param dimension of an image: large for samplers that take a step size from an image's norms */
function mixtureSpace(seed: number, dimension: number): Space<Float32Array> {
  const [a, b] = components;
  return hostSpace({
    count: 10_000 / dimension,
    dimension,
    key: split(key(seed), purposes.sampling),
    score: async (x, sigmas, out) => {
      for (let i = 0; i < x.length; i++) {
        const sigma = typeof sigmas === "number" ? sigmas : sigmas[Math.floor(i / dimension)];
        const [va, vb] = [a.deviation ** 2 + sigma ** 2, b.deviation ** 2 + sigma ** 2];
        const bias = Math.log(a.weight / Math.sqrt(va)) - Math.log(b.weight / Math.sqrt(vb));
        const da = a.mean - x[i];
        const db = b.mean - x[i];
        const share = 1 / (1 + Math.exp(bias - (da * da) / (2 * va) + (db * db) / (2 * vb))); // of b
        out[i] = ((1 - share) * da) / va + (share * db) / vb;
      }
    },
  });
}

interface Run {
  readonly options: object;
  /** The noise that the result still has, of samplers that stay at one level. */
  readonly at: number;
  /** Values of an image. */
  readonly dimension: number;
}

/** The share left of the border, the mean and the second moment of a run's result, in standard errors of the truth. */
async function errors(
  name: SamplerName,
  sigmas: Float64Array,
  { options, at = 0, dimension = 5000 }: Partial<Run> & Pick<Run, "options">,
): Promise<Readonly<Record<"left" | "mean" | "square", number>>> {
  const sampler: Sampler = samplers[name];
  const space = mixtureSpace(4, dimension);
  const truth = truthAt(at);
  let x = prior(space, card, sigmas[0]);
  for await (const step of sampler.run(space, x, sigmas, resolveOptions(name, sampler, options))) x = step.x;
  return {
    left: meanZ(
      x.map((value) => (value < border ? 1 : 0)),
      truth.left,
      truth.left * (1 - truth.left),
    ),
    mean: meanZ(x, truth.mean, truth.square - truth.mean ** 2),
    square: meanZ(
      x.map((value) => value * value),
      truth.square,
      truth.fourth - truth.square ** 2,
    ),
  };
}

interface Care extends Partial<Run> {
  readonly steps: number;
  readonly sigmaMin: number;
  readonly sigmaMax: number;
  readonly options: object;
}

const wide = { sigmaMin: 0.01, sigmaMax: 60, options: {} } as const;

/** What makes each sampler's own bias smaller than 1.5 standard errors of 10,000 chains; a new one adds its line. */
const careful: { readonly [Name in SamplerName]: Care } = {
  heun: { ...wide, steps: 40 },
  euler: { ...wide, steps: 300 },
  rk45: { ...wide, steps: 2, options: { rtol: 1e-4, atol: 1e-4 } },
  "dpm-solver-2m": { ...wide, steps: 60 },
  ddim: { ...wide, steps: 300 },
  "edm-stochastic": { ...wide, steps: 60, options: { sChurn: 20, sNoise: 1 } },
  ancestral: { ...wide, steps: 300 },
  ddpm: { ...wide, steps: 300 },
  "euler-ancestral": { ...wide, steps: 200 },
  "sde-dpm-2m": { ...wide, steps: 100 },
  "euler-maruyama": { ...wide, steps: 400 },
  "predictor-corrector": { ...wide, steps: 200, options: { snr: 0.05 } },
  "annealed-langevin": {
    steps: 50,
    sigmaMin: 0.15,
    sigmaMax: 8,
    options: { stepsPerLevel: 20, epsilon: 0.15 * 0.15 ** 2 },
  },
  "consistent-annealed": { ...wide, steps: 300 },
  // At a level where the two are one; mala accepts image by image, so each value is an image.
  langevin: { steps: 400, sigmaMin: 1.5, sigmaMax: 3, at: 1.5, options: { alpha: 0.03 } },
  mala: { steps: 40, sigmaMin: 1.5, sigmaMax: 3, at: 1.5, dimension: 1, options: { alpha: 0.7 } },
};

describe.each(names)("on a mixture of unequal weights, %s", (name) => {
  it("finds the components' weights, mean and second moment within 4 standard errors of 10,000 chains", async () => {
    const { steps, sigmaMin, sigmaMax, ...rest } = careful[name];
    const sigmas = schedules[samplers[name].schedule](steps, { sigmaMin, sigmaMax });
    const { left, mean, square } = await errors(name, sigmas, rest);
    expect(Math.max(Math.abs(left), Math.abs(mean), Math.abs(square))).toBeLessThan(4);
  });
});
