import { describe, expect, it } from "vitest";
import { estimatedLogDensity, exactLogDensity, probabilityFlow, signs } from "../../src/likelihood/index.ts";
import { key, split } from "../../src/rng.ts";
import { hostSpace, type Space } from "../../src/space.ts";
import { checkedSpace } from "../checked-space.ts";
import { covariance, inverse, normalScore, plus, times, type Matrix } from "../control/correlated.ts";

/** N(0, C) of four pixels; the Jacobian of its score is −(C + σ²)⁻¹. */
function correlated(count: number, first = 0): Space<Float32Array> {
  return hostSpace({
    count,
    dimension: 4,
    first,
    key: split(key(5), 7),
    score: async (x, sigma, out) => out.set(normalScore(covariance, zero, x, Number(sigma))),
    vjp: async (_, sigma, v, out) => out.set(normalScore(covariance, zero, v, Number(sigma))),
  });
}
const zero = [0, 0, 0, 0];
const identity: Matrix = zero.map((_, i) => zero.map((__, j) => (i === j ? 1 : 0)));

/** log N(x; 0, C + σ²I). */
function logNormal(x: readonly number[], sigma: number): number {
  const c = plus(covariance, identity, sigma ** 2);
  const [[square]] = times(
    times([x], inverse(c)),
    x.map((value) => [value]),
  );
  return -(square + Math.log(determinant(c)) + 4 * Math.log(2 * Math.PI)) / 2;
}

function determinant(a: Matrix): number {
  if (a.length === 1) return a[0][0];
  return a[0].reduce(
    (sum, value, j) =>
      sum + (-1) ** j * value * determinant(a.slice(1).map((row) => row.filter((_, k) => k !== j))),
    0,
  );
}

/** σ so high that N(0, C + σ²I) is N(0, (σ² + mean variance)I) to 1e-7. */
const flow = {
  sigmaMin: 0.05,
  sigmaMax: 2000,
  priorDeviation: Math.hypot(2000, Math.sqrt(0.325)),
  steps: 160,
};
const points = Float32Array.from([0.3, -0.2, 0.5, 0.1, 1.5, -1, 0.2, 0.7, 0, 0, 0, 0]);
const rows = [0, 1, 2].map((i) => [...points.subarray(4 * i, 4 * i + 4)]);

describe("log p by the probability flow", () => {
  it("of a Gaussian equals the closed form, with an exact divergence", async () => {
    const space = correlated(3);
    const { values, errors } = await exactLogDensity(space, space.constant(points), flow);
    rows.forEach((row, i) => expect(values[i]).toBeCloseTo(logNormal(row, flow.sigmaMin), 3));
    expect([...errors]).toEqual([0, 0, 0]);
  });

  it("converges with order 4 in the step", async () => {
    const errorOf = async (steps: number): Promise<number> => {
      const space = correlated(1);
      const options = { sigmaMin: 0.3, sigmaMax: 3, priorDeviation: 3, steps };
      const x = space.constant(points.slice(0, 4));
      const found = (await exactLogDensity(space, x, options)).values[0];
      return Math.abs(found - reference);
    };
    const space = correlated(1);
    const fine = { sigmaMin: 0.3, sigmaMax: 3, priorDeviation: 3, steps: 200 };
    const reference = (await exactLogDensity(space, space.constant(points.slice(0, 4)), fine)).values[0];
    const order = Math.log2((await errorOf(6)) / (await errorOf(12)));
    expect(order).toBeGreaterThan(3.5);
    expect(order).toBeLessThan(4.6);
  });

  it("by probes is unbiased, and its error bars are right", async () => {
    const space = correlated(1);
    const x = space.constant(points.slice(0, 4));
    const options = { ...flow, steps: 12, from: key(9) };
    const exact = (await exactLogDensity(space, x, options)).values[0];
    const { values, errors } = await estimatedLogDensity(space, x, { ...options, probes: 400, first: 0 });
    expect(Math.abs(values[0] - exact) / errors[0]).toBeLessThan(4);
    // Signs v have vᵀJv − tr J = Σ_{i≠j} Jᵢⱼvᵢvⱼ, of variance 2 Σ_{i≠j} Jᵢⱼ²: the integral's, by fine steps of the same.
    const off = identity.map((row, i) => row.map((_, j) => (i === j ? 0 : integral(i, j))));
    const variance = 2 * off.flat().reduce((sum, value) => sum + value ** 2, 0);
    expect(errors[0] / Math.sqrt(variance / 400)).toBeGreaterThan(0.85);
    expect(errors[0] / Math.sqrt(variance / 400)).toBeLessThan(1.15);
  });

  it("gives an image the same bits alone and among others", async () => {
    const options = { ...flow, steps: 4, from: key(9), probes: 2 };
    const [all, one] = [correlated(3), correlated(1)];
    const together = await estimatedLogDensity(all, all.constant(points), { ...options, first: 6 });
    const alone = await estimatedLogDensity(one, one.constant(points.slice(4, 8)), { ...options, first: 7 });
    expect([alone.values[0], alone.errors[0]]).toEqual([together.values[1], together.errors[1]]);
  });

  it("keeps nothing, and says where a space has no vjp", async () => {
    const inner = correlated(2);
    const strict = checkedSpace(inner);
    const vjp = async (_: object, sigma: number | Float64Array, v: object) => {
      const opened = strict.open(v as never);
      const pulled = await inner.vjp!(opened, sigma, opened);
      const held = strict.constant(pulled);
      inner.release(pulled);
      return held;
    };
    const space = { ...strict, vjp };
    const x = strict.constant(points.slice(0, 8));
    const before = strict.live;
    await exactLogDensity(space, x, { ...flow, steps: 2 });
    expect(strict.live).toBe(before);
    await expect(probabilityFlow(strict, x, [], flow)).rejects.toThrow("a likelihood needs the score's vjp");
  });

  it("signs are −1 and 1, independent", () => {
    const s = signs(key(3), 10_000);
    expect(s.every((value) => Math.abs(value) === 1)).toBe(true);
    expect(Math.abs(s.reduce((a, b) => a + b, 0)) / 100).toBeLessThan(4);
    expect(Math.abs(s.slice(1).reduce((sum, value, i) => sum + value * s[i], 0)) / 100).toBeLessThan(4);
  });
});

/** −∫ σ·Jᵢⱼ dσ over the flow's range, J = −(C + σ²)⁻¹, by Simpson's rule in ln σ. */
function integral(i: number, j: number): number {
  const n = 400;
  const h = Math.log(flow.sigmaMax / flow.sigmaMin) / n;
  let sum = 0;
  for (let k = 0; k <= n; k++) {
    const sigma = flow.sigmaMin * Math.exp(h * k);
    const value = sigma ** 2 * inverse(plus(covariance, identity, sigma ** 2))[i][j];
    sum += value * (k === 0 || k === n ? 1 : k % 2 === 1 ? 4 : 2);
  }
  return (sum * h) / 3;
}
