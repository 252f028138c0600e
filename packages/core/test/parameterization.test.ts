import { describe, expect, it } from "vitest";
import { referenceNn, values, type ReferenceNn, type Values } from "../src/nn/reference.ts";
import { ddpmTable, tableSigmas } from "../src/noise-tables.ts";
import {
  applyScore,
  parameterizations,
  type NoiseModel,
  type ParameterizationName,
  type ScoreModel,
} from "../src/parameterization.ts";
import { defaultBetas, processes } from "../src/sdes.ts";

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

/** Data N(0, s²): every density of it is known in every process's coordinates. */
const s = 0.7;

/** DDPM's ᾱ_t as the paper has it, a product of 1 − β. */
function alphaBar(t: number, { count, first, last } = ddpmTable): number {
  let product = 1;
  for (let i = 0; i < t; i++) product *= 1 - (first + ((last - first) * i) / (count - 1));
  return product;
}

/** The mean of z given x = scale·data + deviation·z. */
const meanNoise = (x: number, scale: number, deviation: number): number =>
  (deviation * x) / ((scale * s) ** 2 + deviation ** 2);

/** ∫β from 0, and the scale e^(−B/2) of VP and sub-VP. */
const forgotten = (t: number): number => 0.1 * t + (19.9 * t ** 2) / 2;
const scaleAt = (t: number): number => Math.exp(-forgotten(t) / 2);

/**
 * What a perfect network answers, from nothing but what it is given: its own input, in its own coordinates, and its own
 * notion of the noise. Formulas of the papers, none of this project's.
 */
const perfect: Record<ParameterizationName, (x: number, noise: number) => number> = {
  raw: (x, sigma) => -x / (s ** 2 + sigma ** 2),
  ncsn: (x, level) => -x / (s ** 2 + ncsnLevels[level] ** 2),
  ncsnv2: (x, noise) => (-Math.exp(4 * noise) * x) / (s ** 2 + Math.exp(8 * noise)),
  ve: (x, noise) => {
    const sigma = 2 * Math.exp(noise);
    return (-sigma * x) / (s ** 2 + sigma ** 2);
  },
  edm: (input, noise) => {
    const sigma = Math.exp(4 * noise);
    const [d, total] = [sigmaData, Math.hypot(sigma, sigmaData)];
    const x = input * total;
    const denoised = (s ** 2 * x) / (s ** 2 + sigma ** 2);
    return (denoised - (d / total) ** 2 * x) / ((sigma * d) / total);
  },
  ddpm: (x, time) => {
    const a = alphaBar(Math.round(1000 * time));
    return meanNoise(x, Math.sqrt(a), Math.sqrt(1 - a));
  },
  vp: (x, t) => meanNoise(x, scaleAt(t), Math.sqrt(-Math.expm1(-forgotten(t)))),
  "sub-vp": (x, t) => meanNoise(x, scaleAt(t), -Math.expm1(-forgotten(t))),
};

describe.each(Object.entries(perfect) as [ParameterizationName, (typeof perfect)["raw"]][])(
  "a perfect network as %s",
  (name, network) => {
    // Those that count levels are asked at levels.
    const tables: Partial<Record<ParameterizationName, readonly number[]>> = {
      ncsn: ncsnLevels,
      ddpm: tableSigmas(ddpmTable, [1, 1]),
    };
    const { [name]: table } = tables;
    const asked =
      table === undefined ? [0.002, 0.05, 0.5, 1, 80] : table.filter((_, i) => i % 9 === 0 || i === 999);

    it("gives the exact score of Gaussian data, −x/(s² + σ²)", () => {
      for (const sigma of asked)
        for (const x of [-0.3, 2 * Math.hypot(s, sigma)]) {
          const { skip, output, input, noise } = coefficients(name, sigma, { sigmas: table ?? ncsnLevels });
          const score = skip * x + output * network(input * x, noise);
          expect(score / (-x / (s ** 2 + sigma ** 2)), `sigma ${sigma}`).toBeCloseTo(1, 6);
        }
    });
  },
);

describe("the clocks", () => {
  it("ddpm: t/T of the nearest of the paper's levels, √ᾱ at them", () => {
    const table = tableSigmas(ddpmTable, [1, 1]);
    for (const t of [1, 2, 500, 999, 1000]) {
      const sigma = Math.sqrt((1 - alphaBar(t)) / alphaBar(t));
      const { noise, input } = coefficients("ddpm", sigma, { sigmas: table });
      expect(noise * 1000).toBeCloseTo(t, 9);
      expect(input / Math.sqrt(alphaBar(t))).toBeCloseTo(1, 9);
    }
  });

  it.each(["vp", "sub-vp"] as const)("%s: those of the process, at any β", (name) => {
    for (const betas of [defaultBetas, { betaMin: 0.5, betaMax: 8 }]) {
      const { time, scale } = processes[name](betas);
      for (const sigma of [1e-6, 1e-3, 0.1, 1, 10, 100]) {
        const { noise, input } = coefficients(name, sigma, { betas });
        expect(noise / time(sigma)).toBeCloseTo(1, 8);
        expect(input / scale(time(sigma))).toBeCloseTo(1, 8);
      }
    }
  });

  it.each([
    ["ncsn", "the model lacks its levels (sigmas)"],
    ["ddpm", "the model lacks its levels (sigmas)"],
    ["vp", "the model lacks the betas of its process"],
  ] as const)("%s refuses a model without what it needs", (name, message) => {
    expect(() => parameterizations[name].coefficients(nn, column(1), { sigmaData })).toThrow(message);
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
