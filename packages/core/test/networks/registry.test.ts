import { describe, expect, it } from "vitest";
import { networks, type NetworkName } from "../../src/networks/index.ts";
import type { Shape } from "../../src/nn.ts";
import { referenceNn, values, type Values } from "../../src/nn/reference.ts";
import { initialise, summarize } from "../../src/nn/shapes.ts";
import {
  applyScore,
  parameterizations,
  type ParameterizationName,
  type ScoreModel,
} from "../../src/parameterization.ts";
import { fillNormals, key, normals, splitByName } from "../../src/rng.ts";
import { defaultBetas } from "../../src/sdes.ts";

/**
 * A small instance of every network and data that it takes; a new one adds its line. `start` is the instance whose
 * first output is looked at, by default the network's own, and a bound of that output where it is not 0.3.
 */
const small: {
  readonly [Name in NetworkName]: {
    shape: readonly [number, number, number];
    options: object;
    start?: { options: object; below: number };
  };
} = {
  unet: { shape: [2, 8, 4], options: { channels: 4, multipliers: [1, 2, 3], embedding: 8, features: 6 } },
  // The papers start these with an output of about unit size.
  ncsn: {
    shape: [2, 6, 4],
    options: { channels: 3, levels: 3 },
    start: { options: { channels: 16, levels: 3 }, below: 1 },
  },
  ncsnv2: {
    shape: [2, 6, 4],
    options: { channels: 3 },
    start: { options: { channels: 16 }, below: 1 },
  },
  mlp: { shape: [2, 1, 1], options: { width: 8, layers: 2, features: 4 } },
  scorenet: { shape: [3, 5, 7], options: { channels: [4, 6], hidden: 16 } },
};

const sigmas = [0.01, 0.7, 30];
const cases = (Object.keys(networks) as NetworkName[]).flatMap((network) =>
  (Object.keys(parameterizations) as ParameterizationName[]).map(
    (parameterization) => [network, parameterization] as const,
  ),
);

/** Whether the score depends on the noise level, by way of the network or of the parameterization. */
const hears = (network: NetworkName, parameterization: ParameterizationName): boolean =>
  network !== "ncsnv2" || !["raw", "ncsn"].includes(parameterization);

/** Random values for every parameter, also for those that start at a constant. */
const bind = (name: string, shape: Shape): Float32Array =>
  fillNormals(splitByName(key(2), name), new Float32Array(shape.reduce((a, b) => a * b, 1))).map(
    (z) => 0.3 * z,
  );

describe.each(cases)("network %s as %s", (name, parameterization) => {
  const { shape, options } = small[name];
  const model: ScoreModel = {
    network: { name, options: { ...networks[name].defaults, ...options } },
    parameterization,
    sigmaData: 0.5,
    sigmas: [30, 0.7, 0.01],
    betas: defaultBetas,
  };
  const dimension = shape.reduce((a, b) => a * b, 1);
  const x = values([3, ...shape], normals(key(1), 3 * dimension));
  const sigma = values([3, 1], sigmas);
  const score = (from: Values, level: Values): Values => applyScore(referenceNn(bind), model, from, level);

  it("gives a finite score of the data's shape", () => {
    const out = score(x, sigma);
    expect(out.shape).toEqual(x.shape);
    expect(out.data.every((value) => Number.isFinite(value))).toBe(true);
    expect(out.data.some((value) => value !== 0)).toBe(true);
  });

  it("asks for the parameters of its table, each once per use", () => {
    const asked = new Map<string, Shape>();
    const nn = referenceNn((parameter, of) => {
      asked.set(parameter, of);
      return bind(parameter, of);
    });
    applyScore(nn, model, x, sigma);
    const { parameters, size } = summarize(model, shape);
    expect([...asked]).toEqual(parameters.map((parameter) => [parameter.name, parameter.shape]));
    expect(size).toBe([...asked.values()].reduce((sum, of) => sum + of.reduce((a, b) => a * b, 1), 0));
  });

  it("treats every image alone", () => {
    const together = score(x, sigma);
    sigmas.forEach((level, i) => {
      const alone = score(
        values([1, ...shape], x.data.slice(i * dimension, (i + 1) * dimension)),
        values([1, 1], [level]),
      );
      expect(alone.data).toEqual(together.data.slice(i * dimension, (i + 1) * dimension));
    });
  });

  it("looks at every pixel's value and at the noise level", () => {
    const base = score(x, sigma);
    const changed = score(
      values(
        x.shape,
        x.data.map((value) => value + 0.1),
      ),
      sigma,
    );
    expect(changed.data.every((value, i) => value !== base.data[i])).toBe(true);
    if (!hears(name, parameterization)) return;
    const other = score(x, values([3, 1], [...sigmas.slice(1), sigmas[0]])); // discrete ones see the level alone
    expect(other.data.filter((value, i) => value === base.data[i])).toHaveLength(0);
  });
});

describe.each(Object.entries(networks))("network %s", (name, network) => {
  const { shape, start: first = { options: network.defaults, below: 0.3 } } = small[name as NetworkName];

  it("is described, trains at some rate, and is whole by its defaults", () => {
    expect(network.summary.length).toBeGreaterThan(20);
    expect(network.rate).toBeGreaterThan(0);
    const model = {
      network: { name: name as NetworkName, options: network.defaults },
      parameterization: "raw",
      sigmaData: 1,
      sigmas: [5, 0.5, 0.05],
    } as const;
    expect(summarize(model, shape).size).toBeGreaterThan(0);
  });

  it("starts with a score of the right size: it predicts no structure beyond its parameterization's", () => {
    const model = {
      network: { name: name as NetworkName, options: first.options },
      parameterization: "edm",
      sigmaData: 0.5,
      sigmas: [5, 0.5, 0.05],
    } as const;
    const start = initialise(summarize(model, shape).parameters, key(0));
    const nn = referenceNn((parameter) => start.get(parameter)?.data ?? []);
    const dimension = shape.reduce((a, b) => a * b, 1);
    for (const level of [0.05, 0.5, 5]) {
      const x = values(
        [1, ...shape],
        normals(key(4), dimension).map((z) => z * Math.hypot(0.5, level)),
      );
      const { data } = applyScore(nn, model, x, values([1, 1], [level]));
      const gaussian = x.data.map((value) => -value / (0.25 + level ** 2));
      const rms = (of: Float64Array) => Math.sqrt(of.reduce((sum, value) => sum + value ** 2, 0) / dimension);
      // The difference is the factor on F, σd/(σ√(σ² + σd²)), times F, which is small for all of them.
      const unit = 0.5 / (level * Math.hypot(level, 0.5));
      expect(rms(data.map((value, i) => value - gaussian[i])) / unit).toBeLessThan(first.below);
    }
  });
});
