/**
 * One model in the forms of three processes: its probability flow in each one's own coordinates, by its own f and g,
 * beside the flow in this project's coordinates by its own sampler.
 */
import { describe, expect, it } from "vitest";
import { gaussianMixture, type Component } from "../src/datasets/mixture.ts";
import { referenceNn, values } from "../src/nn/reference.ts";
import { parameterizations } from "../src/parameterization.ts";
import { key, normals, split, purposes } from "../src/rng.ts";
import { heun } from "../src/samplers/heun.ts";
import { karras } from "../src/schedules.ts";
import { defaultBetas, subVp, ve, vp, type Process } from "../src/sdes.ts";
import { hostSpace } from "../src/space.ts";

const components: readonly Component[] = [
  { weight: 0.7, mean: [1, 0.5], deviation: 0.3 },
  { weight: 0.3, mean: [-1, -0.2], deviation: 0.2 },
];
const range = { sigmaMin: 0.01, sigmaMax: 50 };
const processes: readonly (readonly [name: "ve" | "vp" | "sub-vp", process: Process])[] = [
  ["ve", ve([0.01, 50])],
  ["vp", vp()],
  ["sub-vp", subVp()],
];
const count = 40;
const start = normals(key(8), 2 * count);

/** The density of scale·data is that of scaled components, so this is ∇ log p_t in the process's own coordinates. */
function scoreAt({ scale, sigma }: Process, t: number, x: Float64Array): Float64Array {
  const by = scale(t);
  const scaled = components.map(({ weight, mean, deviation }) => ({
    weight,
    mean: mean.map((m) => by * m),
    deviation: by * deviation,
  }));
  return gaussianMixture(scaled)(key(0)).score!(x, by * sigma(t));
}

/** dx = (f·x − g²/2·∇ log p_t) dt by Runge and Kutta's fourth-order method, from σmax to σmin; x leaves unscaled. */
function ownFlow(process: Process, steps: number): Float64Array {
  const { scale, time, drift, diffusion, sigma } = process;
  const velocity = (t: number, x: Float64Array) => {
    const score = scoreAt(process, t, x);
    return x.map((value, i) => drift(t) * value - (diffusion(t) ** 2 / 2) * score[i]);
  };
  const move = (x: Float64Array, h: number, v: Float64Array) => x.map((value, i) => value + h * v[i]);
  // Steps even in ln σ: in t they would all be spent at large σ.
  const times = Array.from({ length: steps + 1 }, (_, i) =>
    time(range.sigmaMax ** (1 - i / steps) * range.sigmaMin ** (i / steps)),
  );
  let x = Float64Array.from(start, (z) => scale(times[0]) * sigma(times[0]) * z);
  for (let i = 0; i < steps; i++) {
    const [t, h] = [times[i], times[i + 1] - times[i]];
    const k1 = velocity(t, x);
    const k2 = velocity(t + h / 2, move(x, h / 2, k1));
    const k3 = velocity(t + h / 2, move(x, h / 2, k2));
    const k4 = velocity(t + h, move(x, h, k3));
    x = x.map((value, j) => value + (h / 6) * (k1[j] + 2 * k2[j] + 2 * k3[j] + k4[j]));
  }
  return x.map((value) => value / scale(times[steps]));
}

/** The samples of heun over a network that answers in the process's own form, by way of its parameterization. */
async function wrappedFlow(
  name: "ve" | "vp" | "sub-vp",
  process: Process,
  steps: number,
): Promise<Float32Array> {
  const nn = referenceNn(() => {
    throw new Error("no parameters");
  });
  const space = hostSpace({
    count,
    dimension: 2,
    key: split(key(0), purposes.sampling),
    score: (x, sigma, out) => {
      const { output, input, noise } = parameterizations[name].coefficients(
        nn,
        values([1, 1], [sigma as number]),
        { sigmaData: 0.5, betas: defaultBetas },
      );
      const factor = input?.data[0] ?? 1;
      // The network's clock: t itself, or ln(σ/2).
      const t = name === "ve" ? process.time(2 * Math.exp(noise.data[0])) : noise.data[0];
      const own = scoreAt(
        process,
        t,
        Float64Array.from(x, (value) => factor * value),
      );
      const deviation = process.scale(t) * process.sigma(t);
      // VE networks answer σ·score, the others ε = −σ·score.
      const sign = name === "ve" ? 1 : -1;
      out.set(own.map((value) => output!.data[0] * sign * deviation * value));
      return Promise.resolve();
    },
  });
  const x = start.map((z) => range.sigmaMax * z);
  const levels = karras(steps, range).filter((sigma) => sigma > 0); // it stops at σmin, as the others
  let last: Float32Array = x;
  for await (const step of heun.run(space, x, levels, {})) last = step.x;
  return last;
}

const worst = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);

describe("the probability flow of a model", () => {
  const exact = ownFlow(ve([0.01, 50]), 800);

  it.each(processes)("ends at the same points in the coordinates of %s", (_, process) => {
    const [coarse, fine] = [100, 200].map((steps) => worst(ownFlow(process, steps), exact));
    expect(fine).toBeLessThan(1e-5);
    expect(coarse / fine).toBeGreaterThan(8); // the solver's error, of fourth order
  });

  it.each(processes)("and by heun over the network of %s in its own form", async (name, process) => {
    const [coarse, fine] = await Promise.all(
      [60, 120].map(async (steps) => worst(await wrappedFlow(name, process, steps), exact)),
    );
    expect(fine).toBeLessThan(2e-3);
    expect(coarse / fine).toBeGreaterThan(3); // of second order
  });
});
