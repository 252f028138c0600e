import { describe, expect, it } from "vitest";
import {
  drawSigmas,
  lossPerImage,
  noisyBatch,
  slicedLossPerImage,
  weights,
  type BatchOptions,
} from "../src/objective.ts";
import { key, normals, purposes, split, uniforms } from "../src/rng.ts";
import { processes, ve } from "../src/sdes.ts";
import { chiSquareZ, kolmogorovSmirnov, meanZ, normalCdf, varianceZ } from "./statistics.ts";

const options: BatchOptions = {
  root: key(5),
  step: 3,
  objective: { weight: "dsm", sigma: { name: "uniform" } },
  sigmaRange: [0.01, 1],
  model: { sigmaData: 0.5 },
};

describe("noisyBatch", () => {
  const clean = () => normals(key(9), 4 * 6);

  it("is x = data + σ·z with z and σ by (step, image), and the weight of σ", () => {
    const label = Int32Array.of(0, 1, -1, 2);
    const { x, z, sigma, weight, ...rest } = noisyBatch(clean(), 4, { ...options, label });
    const noise = split(split(key(5), purposes.noise), 3);
    const u = uniforms(split(split(key(5), purposes.sigma), 3), 4);
    for (let image = 0; image < 4; image++) {
      expect(sigma[image]).toBeCloseTo(0.01 + 0.99 * u[image], 12);
      expect(weight[image]).toBeCloseTo(sigma[image] ** 2, 12);
      expect(z.subarray(6 * image, 6 * image + 6)).toEqual(normals(split(noise, image), 6));
    }
    const data = clean();
    x.forEach((value, i) => expect(value).toBeCloseTo(data[i] + sigma[Math.floor(i / 6)] * z[i], 6));
    expect(rest.label).toBe(label);
  });

  it("gives image 1 the same noise in a batch of any size, and another at another step or seed", () => {
    const batch = (count: number, more: Partial<BatchOptions>) =>
      noisyBatch(new Float32Array(6 * count), count, { ...options, ...more });
    const second = (more: Partial<BatchOptions>, count = 2) => [...batch(count, more).x.subarray(6, 12)];
    expect(second({}, 7)).toEqual(second({}));
    expect(second({ step: 4 })).not.toEqual(second({}));
    expect(second({ root: key(6) })).not.toEqual(second({}));
  });
});

describe("sliced score matching", () => {
  const sliced = { ...options, objective: { ...options.objective, matching: "sliced" } } as const;

  it("has the batch of denoising, and a direction of signs by (step, image)", () => {
    const clean = () => normals(key(9), 4 * 6);
    const { projection = new Float32Array(), ...rest } = noisyBatch(clean(), 4, sliced);
    expect(rest).toEqual(noisyBatch(clean(), 4, options));
    expect(projection).toHaveLength(24);
    const second = (count: number, more: Partial<BatchOptions> = {}) =>
      noisyBatch(new Float32Array(6 * count), count, { ...sliced, ...more }).projection?.slice(6, 12);
    expect(second(7)).toEqual(projection.slice(6, 12));
    expect([second(7, { step: 4 }), second(7, { root: key(6) })]).not.toContainEqual(second(7));
    const many = noisyBatch(new Float32Array(60_000), 1000, sliced).projection ?? [];
    expect(many.every((sign) => sign === 1 || sign === -1)).toBe(true);
    expect(Math.abs(meanZ(Float64Array.from(many), 0, 1))).toBeLessThan(4);
  });

  // For the score A·x the slope vᵀ·∂score/∂x is Aᵀv, and integrating by parts (Hyvärinen 2005) says what sliced and
  // denoising losses have in common, whatever the data.
  it("is the denoising loss less weight/σ², in expectation, for a score that is far from exact", () => {
    const matrix = [
      [-1.5, 0.4],
      [-0.7, -0.2],
    ];
    const apply = (a: readonly (readonly number[])[], x: ArrayLike<number>) =>
      Float64Array.from(
        { length: x.length },
        (_, i) => a[i % 2][0] * x[i - (i % 2)] + a[i % 2][1] * x[i - (i % 2) + 1],
      );
    const transposed = [0, 1].map((i) => matrix.map((row) => row[i]));
    const count = 40_000;
    const data = normals(key(1), 2 * count).map((z) => 0.3 * z + 0.2);
    const batch = noisyBatch(data, count, { ...sliced, sigmaRange: [0.2, 1] });
    const score = apply(matrix, batch.x);
    const losses = slicedLossPerImage(score, apply(transposed, batch.projection ?? []), batch);
    const denoising = lossPerImage(score, batch);
    const differences = losses.map(
      (loss, i) => loss - (denoising[i] - batch.weight[i] / batch.sigma[i] ** 2),
    );
    const mean = differences.reduce((a, b) => a + b) / count;
    const variance = differences.reduce((sum, d) => sum + (d - mean) ** 2, 0) / (count - 1);
    expect(Math.abs(mean) / Math.sqrt(variance / count)).toBeLessThan(4);
    expect(Math.sqrt(variance / count)).toBeLessThan((0.02 * denoising.reduce((a, b) => a + b)) / count);
  });

  it("needs a direction", () => {
    const batch = noisyBatch(new Float32Array(12), 2, options);
    expect(() => slicedLossPerImage([], [], batch)).toThrow("the batch has no projection");
  });
});

describe("σ laws", () => {
  const n = 100_000;

  it("log-normal: ln σ ~ N(mean, deviation²)", () => {
    const law = { name: "log-normal", mean: -0.8, deviation: 1.2 } as const;
    const logs = drawSigmas(law, { sigmaRange: [1e-9, 1e9] }, key(1), n).map(Math.log);
    expect(Math.abs(meanZ(logs, -0.8, 1.44))).toBeLessThan(4);
    expect(Math.abs(varianceZ(logs, 1.44))).toBeLessThan(4);
    expect(kolmogorovSmirnov(logs, (x) => normalCdf((x + 0.8) / 1.2))).toBeLessThan(2.22);
  });

  it("log-normal: clamped to the range, the tails at its ends", () => {
    const law = { name: "log-normal", mean: 0, deviation: 1 } as const;
    const sigmas = drawSigmas(law, { sigmaRange: [Math.exp(-1), Math.exp(1)] }, key(2), n);
    const low = sigmas.filter((sigma) => sigma === Math.exp(-1)).length;
    expect(Math.min(...sigmas)).toBe(Math.exp(-1));
    expect(Math.max(...sigmas)).toBe(Math.exp(1));
    const p = normalCdf(-1);
    expect(Math.abs(low - n * p) / Math.sqrt(n * p * (1 - p))).toBeLessThan(4);
  });

  it("uniform: U[σmin, σmax]", () => {
    const sigmas = drawSigmas({ name: "uniform" }, { sigmaRange: [0.01, 1] }, key(3), n);
    expect(Math.min(...sigmas)).toBeGreaterThanOrEqual(0.01);
    expect(Math.max(...sigmas)).toBeLessThanOrEqual(1);
    expect(Math.abs(meanZ(sigmas, 0.505, 0.99 ** 2 / 12))).toBeLessThan(4);
    const cells = new Float64Array(50);
    for (const sigma of sigmas) cells[Math.min(49, Math.floor((50 * (sigma - 0.01)) / 0.99))]++;
    expect(Math.abs(chiSquareZ(cells, n / 50))).toBeLessThan(4);
  });
});

describe("σ laws of the papers", () => {
  const n = 100_000;
  const uniform = (x: number) => Math.min(1, Math.max(0, x));

  it("log-uniform: VE at t ~ U[0, 1]", () => {
    const sigmas = drawSigmas({ name: "log-uniform" }, { sigmaRange: [0.01, 50] }, key(4), n);
    const t = sigmas.map(ve([0.01, 50]).time);
    expect(kolmogorovSmirnov(t, uniform)).toBeLessThan(2.22);
    expect([Math.min(...sigmas) >= 0.01, Math.max(...sigmas) <= 50]).toEqual([true, true]);
  });

  it.each(["vp", "sub-vp"] as const)("time: t ~ U[1e-3, 1] of %s", (process) => {
    const betas = { betaMin: 0.3, betaMax: 12 };
    const { sigma, time } = processes[process](betas);
    const law = { name: "time", process } as const;
    const sigmas = drawSigmas(law, { sigmaRange: [sigma(1e-3), sigma(1)], betas }, key(5), n);
    expect(kolmogorovSmirnov(sigmas.map(time), (t) => uniform((t - 1e-3) / 0.999))).toBeLessThan(2.22);
  });

  it("levels: each as likely, and nothing else", () => {
    const table = [8, 4, 2, 1, 0.5];
    const sigmas = drawSigmas({ name: "levels" }, { sigmaRange: [0.5, 8], sigmas: table }, key(6), n);
    const cells = Float64Array.from(table, (level) => sigmas.filter((sigma) => sigma === level).length);
    expect(cells.reduce((a, b) => a + b)).toBe(n);
    expect(Math.abs(chiSquareZ(cells, n / 5))).toBeLessThan(4);
    expect(() => drawSigmas({ name: "levels" }, { sigmaRange: [0.5, 8] }, key(6), 1)).toThrow(
      "sigma is drawn from levels, and the model has none",
    );
  });
});

describe("weights", () => {
  it("dsm: DDPM's |ε − z|² of the ε that the score stands for", () => {
    const batch = noisyBatch(normals(key(9), 4 * 6), 4, { ...options, model: { sigmaData: 0.5 } });
    const epsilon = normals(key(10), 4 * 6);
    const score = epsilon.map((value, i) => -value / batch.sigma[Math.floor(i / 6)]);
    lossPerImage(score, batch).forEach((loss, image) => {
      const errors = Array.from({ length: 6 }, (_, i) => epsilon[6 * image + i] - batch.z[6 * image + i]);
      expect(loss).toBeCloseTo(errors.reduce((sum, error) => sum + error ** 2, 0) / 6, 5);
    });
  });

  it("are the papers' at hand-computed values", () => {
    expect(weights.tutorial()).toBe(1);
    expect(weights.dsm(0.3)).toBeCloseTo(0.09, 12);
    // σ⁴·(σ² + σd²)/(σ·σd)² at σ = 2, σd = ½: 16·4.25/1 = 68
    expect(weights.edm(2, 0.5)).toBeCloseTo(68, 12);
  });

  it("edm: the network's squared error counts once at every σ", () => {
    for (const sigma of [0.002, 0.5, 80]) {
      const output = 0.5 / (sigma * Math.sqrt(sigma ** 2 + 0.25)); // the factor on F in the score
      expect(weights.edm(sigma, 0.5) * output ** 2).toBeCloseTo(1, 10);
    }
  });
});

describe("lossPerImage", () => {
  it("is weight·mean((score + z/σ)²), by hand", () => {
    const batch = {
      x: new Float32Array(4),
      z: Float32Array.of(1, -2, 0.5, 0),
      sigma: Float64Array.of(0.5, 2),
      weight: Float64Array.of(3, 10),
    };
    // Image 0: 3·((0 + 2)² + (1 − 4)²)/2; image 1: 10·((1 + 0.25)² + (−2)²)/2.
    expect([...lossPerImage([0, 1, 1, -2], batch)]).toEqual([19.5, 27.8125]);
  });

  it("of the exact score of Gaussian data is s²/(s² + σ²) a pixel with λ = σ²", () => {
    const [count, dimension, s] = [4000, 8, 0.7];
    const clean = normals(key(21), count * dimension).map((value) => s * value);
    const batch = noisyBatch(clean, count, options);
    const score = batch.x.map((value, i) => -value / (s ** 2 + batch.sigma[Math.floor(i / dimension)] ** 2));
    const losses = lossPerImage(score, batch);
    // A pixel's weighted error is a normal number of variance v = s²/(s² + σ²); its square has variance 2v².
    const z = losses.map((loss, i) => {
      const v = s ** 2 / (s ** 2 + batch.sigma[i] ** 2);
      return (loss - v) / (v * Math.sqrt(2 / dimension));
    });
    expect(Math.abs(meanZ(z, 0, 1))).toBeLessThan(4);
    const wrong = lossPerImage(
      score.map((value) => 1.1 * value),
      batch,
    );
    expect(
      meanZ(
        wrong.map((loss, i) => loss - losses[i]),
        0,
        1,
      ),
    ).toBeGreaterThan(0);
  });
});
