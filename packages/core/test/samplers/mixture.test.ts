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
const truth = {
  left: expectation(({ mean, deviation }) => normalCdf((border - mean) / deviation)),
  mean: expectation(({ mean }) => mean),
  square: expectation(({ mean, deviation: s }) => mean ** 2 + s ** 2),
  fourth: expectation(({ mean, deviation: s }) => mean ** 4 + 6 * mean ** 2 * s ** 2 + 3 * s ** 4),
};

function mixtureSpace(seed: number): Space<Float32Array> {
  const [a, b] = components;
  return hostSpace({
    count: 2, // large images, for samplers that take a step size from the norms of an image
    dimension: 5000,
    key: split(key(seed), purposes.sampling),
    score: async (x, sigma, out) => {
      const [va, vb] = components.map(({ deviation }) => deviation ** 2 + Number(sigma) ** 2);
      const bias = Math.log(a.weight / Math.sqrt(va)) - Math.log(b.weight / Math.sqrt(vb));
      for (let i = 0; i < x.length; i++) {
        const da = a.mean - x[i];
        const db = b.mean - x[i];
        const share = 1 / (1 + Math.exp(bias - (da * da) / (2 * va) + (db * db) / (2 * vb))); // of b
        out[i] = ((1 - share) * da) / va + (share * db) / vb;
      }
    },
  });
}

/** The share left of the border, the mean and the second moment of a run's result, in standard errors of the truth. */
async function errors(
  name: SamplerName,
  sigmas: Float64Array,
  given: object,
): Promise<Readonly<Record<"left" | "mean" | "square", number>>> {
  const sampler: Sampler = samplers[name];
  const space = mixtureSpace(4);
  let x = prior(space, card, sigmas[0]);
  for await (const step of sampler.run(space, x, sigmas, resolveOptions(name, sampler, given))) x = step.x;
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

/** What makes each sampler's own bias smaller than 1.5 standard errors of 10,000 chains; a new one adds its line. */
const careful: {
  readonly [Name in SamplerName]: { steps: number; sigmaMin: number; sigmaMax: number; options: object };
} = {
  heun: { steps: 40, sigmaMin: 0.01, sigmaMax: 60, options: {} },
  euler: { steps: 300, sigmaMin: 0.01, sigmaMax: 60, options: {} },
  "dpm-solver-2m": { steps: 60, sigmaMin: 0.01, sigmaMax: 60, options: {} },
  ddim: { steps: 300, sigmaMin: 0.01, sigmaMax: 60, options: {} },
  "edm-stochastic": { steps: 60, sigmaMin: 0.01, sigmaMax: 60, options: { sChurn: 20, sNoise: 1 } },
  ancestral: { steps: 300, sigmaMin: 0.01, sigmaMax: 60, options: {} },
  ddpm: { steps: 300, sigmaMin: 0.01, sigmaMax: 60, options: {} },
  "euler-ancestral": { steps: 200, sigmaMin: 0.01, sigmaMax: 60, options: {} },
  "sde-dpm-2m": { steps: 100, sigmaMin: 0.01, sigmaMax: 60, options: {} },
  "euler-maruyama": { steps: 400, sigmaMin: 0.01, sigmaMax: 60, options: {} },
  "predictor-corrector": { steps: 200, sigmaMin: 0.01, sigmaMax: 60, options: { snr: 0.05 } },
  "consistent-annealed": { steps: 300, sigmaMin: 0.01, sigmaMax: 60, options: {} },
  "annealed-langevin": {
    steps: 80,
    sigmaMin: 0.15,
    sigmaMax: 8,
    options: { stepsPerLevel: 20, epsilon: 0.15 * 0.15 ** 2 },
  },
};

describe.each(names)("on a mixture of unequal weights, %s", (name) => {
  it("finds the components' weights, mean and second moment within 4 standard errors of 10,000 chains", async () => {
    const { steps, sigmaMin, sigmaMax, options } = careful[name];
    const sigmas = schedules[samplers[name].schedule](steps, { sigmaMin, sigmaMax });
    const { left, mean, square } = await errors(name, sigmas, options);
    expect(Math.max(Math.abs(left), Math.abs(mean), Math.abs(square))).toBeLessThan(4);
  });
});

it("Langevin dynamics at one small level gets the weights wrong, which annealing is for (Song & Ermon 2019)", async () => {
  const sigmas = new Float64Array(1).fill(0.15);
  const { left } = await errors("annealed-langevin", sigmas, { stepsPerLevel: 100, alpha: 0.01 });
  expect(Math.abs(left)).toBeGreaterThan(20);
});
