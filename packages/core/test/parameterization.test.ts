import { describe, expect, it } from "vitest";
import { referenceNn, values, type ReferenceNn, type Values } from "../src/nn/reference.ts";
import { tableSigmas } from "../src/noise-tables.ts";
import {
  applyScore,
  parameterizations,
  type NoiseModel,
  type ParameterizationName,
  type ScoreModel,
} from "../src/parameterization.ts";
import { defaultBetas } from "../src/sdes.ts";

const nn: ReferenceNn = referenceNn(() => {
  throw new Error("a parameterization has no parameters");
});

const sigmaData = 0.5;
const column = (...data: number[]): Values => values([data.length, 1], data);
const sigmas = [0.002, 0.05, 0.5, 1, 80];

/** NCSN's ten levels. */
const ncsnLevels = tableSigmas({ name: "geometric", count: 10 }, [0.01, 1]);

/** skip, output, input and noise at one σ, absent ones filled in. */
function coefficients(
  name: ParameterizationName,
  sigma: number,
  model: Partial<NoiseModel> = {},
): Record<string, number> {
  const { skip, output, input, noise } = parameterizations[name].coefficients(nn, column(sigma), {
    sigmaData,
    sigmas: ncsnLevels,
    betas: defaultBetas,
    ...model,
  });
  return {
    skip: skip?.data[0] ?? 0,
    output: output?.data[0] ?? 1,
    input: input?.data[0] ?? 1,
    noise: noise.data[0],
  };
}

describe.each(Object.keys(parameterizations) as ParameterizationName[])("parameterization %s", (name) => {
  it("is finite over σ's whole range and beyond", () => {
    for (const sigma of [1e-4, 0.002, 0.01, 50, 80, 1000])
      expect(Object.values(coefficients(name, sigma)).every(Number.isFinite)).toBe(true);
  });

  it("gives each image its own coefficients", () => {
    const model = { sigmaData, sigmas: ncsnLevels, betas: defaultBetas };
    const { noise } = parameterizations[name].coefficients(nn, column(...sigmas), model);
    sigmas.forEach((sigma, i) => expect(noise.data[i]).toBe(coefficients(name, sigma).noise));
  });
});

describe("edm", () => {
  it("is (D − x)/σ² of the paper's D = c_skip·x + c_out·F, with its c_in and c_noise", () => {
    const d = sigmaData;
    for (const sigma of sigmas)
      for (const [x, f] of [
        [1.3, -0.4],
        [-0.02, 1],
        [100, 0],
      ]) {
        const cSkip = d ** 2 / (sigma ** 2 + d ** 2);
        const cOut = (sigma * d) / Math.sqrt(sigma ** 2 + d ** 2);
        const denoised = cSkip * x + cOut * f;
        const { skip, output, input, noise } = coefficients("edm", sigma);
        const score = skip * x + output * f;
        const expected = (denoised - x) / sigma ** 2;
        // (D − x)/σ² itself loses digits as σ²: it is the opinion here, not the truth.
        const lost = (4 * Number.EPSILON * Math.max(Math.abs(x), Math.abs(denoised))) / sigma ** 2;
        expect(Math.abs(score - expected)).toBeLessThan(1e-12 * Math.abs(expected) + lost);
        expect(input).toBeCloseTo(1 / Math.sqrt(sigma ** 2 + d ** 2), 12);
        expect(noise).toBeCloseTo(Math.log(sigma) / 4, 12);
      }
  });

  it("has a unit input on data of variance σd², and a score of −x/σd² − z/σ's size at small σ", () => {
    for (const sigma of sigmas) {
      const { input, output } = coefficients("edm", sigma);
      expect(input ** 2 * (sigma ** 2 + sigmaData ** 2)).toBeCloseTo(1, 12);
      expect(output * sigma).toBeCloseTo(sigmaData * input, 12);
    }
  });

  it("reproduces the score of Gaussian data −x/(s² + σ²) from the best F", () => {
    // Best F makes D = E[data | x] = s²x/(s² + σ²); for s = σd it is 0.
    for (const s of [0.1, 0.5, 2])
      for (const sigma of sigmas) {
        const x = 0.7 * Math.hypot(s, sigma);
        const denoised = (s ** 2 * x) / (s ** 2 + sigma ** 2);
        const cSkip = sigmaData ** 2 / (sigma ** 2 + sigmaData ** 2);
        const cOut = (sigma * sigmaData) / Math.hypot(sigma, sigmaData);
        const best = (denoised - cSkip * x) / cOut;
        const { skip, output } = coefficients("edm", sigma);
        expect((skip * x + output * best) / (-x / (s ** 2 + sigma ** 2))).toBeCloseTo(1, 8);
        if (s === sigmaData) expect(Math.abs(best)).toBeLessThan(1e-12 / sigma);
      }
  });
});

describe("the others", () => {
  it("raw: the network is the score", () => {
    expect(coefficients("raw", 0.3)).toEqual({ skip: 0, output: 1, input: 1, noise: 0.3 });
  });

  it("ncsnv2: the network over σ", () => {
    expect(coefficients("ncsnv2", 0.25)).toEqual({ skip: 0, output: 4, input: 1, noise: Math.log(0.25) / 4 });
  });
});

describe("applyScore", () => {
  it("is skip·x + output·F(input·x, noise), image by image", () => {
    const model: ScoreModel = {
      network: { name: "scorenet", options: { channels: [], hidden: 1 } },
      parameterization: "edm",
      sigmaData,
    };
    // This scorenet is one 3×3 convolution: on a single pixel w₄·x·(1 + b₂), with σ's part set to the constant b₂.
    const parameters: Record<string, readonly number[]> = {
      "sigma.hidden.weight": [0],
      "sigma.hidden.bias": [0],
      "sigma.out.weight": [0],
      "sigma.out.bias": [1],
      "conv0.weight": [9, 9, 9, 9, 1.5, 9, 9, 9, 9],
      "conv0.bias": [0.25],
    };
    const x = values([2, 1, 1, 1], [0.4, -3]);
    const score = applyScore(
      referenceNn((name) => parameters[name]),
      model,
      x,
      column(0.1, 2),
    );
    [0.1, 2].forEach((sigma, i) => {
      const { skip, output, input } = coefficients("edm", sigma);
      const f = 1.5 * 2 * input * x.data[i] + 0.25;
      expect(score.data[i]).toBeCloseTo(skip * x.data[i] + output * f, 12);
    });
  });
});
