import { describe, expect, it } from "vitest";
import { bits, fillNormals, key, normals, permutation, split, splitByName, uniforms } from "../src/rng.ts";
import { blocks } from "../src/threefry.ts";
import {
  chiSquareZ,
  correlationZ,
  kolmogorovSmirnov,
  meanZ,
  moments,
  normalCdf,
  varianceZ,
} from "./statistics.ts";

const n = 200_000;

describe("Threefry-2x32-20", () => {
  it("has the authors' known answer for zeros (Random123, kat_vectors)", () => {
    expect([...blocks([0, 0], 0, new Uint32Array(2))]).toEqual([0x6b200159, 0x99ba4efe]);
  });

  it("gives JAX's bits", () => {
    // jax.random.bits(jax.random.key(0)), jax.random.bits(jax.random.key(10), (4,))
    expect([...bits(key(0), 1)]).toEqual([4070199207]);
    expect([...bits(key(10), 4)]).toEqual([169096361, 1572511259, 2689743692, 2228103506]);
  });

  it("splits as JAX does", () => {
    // jax.random.key_data(jax.random.split(jax.random.key(1), 3))
    expect([0, 1, 2].map((i) => split(key(1), i))).toEqual([
      [507451445, 1853169794],
      [1948878966, 4237131848],
      [2441914641, 3819641963],
    ]);
  });

  it("counts blocks from `first`", () => {
    const all = blocks(key(5), 0, new Uint32Array(200));
    expect(blocks(key(5), 60, new Uint32Array(80))).toEqual(all.subarray(120));
    expect([...split(key(5), 99)]).toEqual([...all.subarray(198)]);
  });
});

describe("keys", () => {
  it("hold a seed's high and low words", () => {
    expect(key(7)).toEqual([0, 7]);
    expect(key(2 ** 32 - 1)).toEqual([0, 4294967295]);
    expect(key(5 * 2 ** 32 + 9)).toEqual([5, 9]);
    expect(key(Number.MAX_SAFE_INTEGER)).toEqual([2097151, 4294967295]);
  });

  it.each([-1, 0.5, NaN, Infinity, 2 ** 53])("refuse the seed %s", (seed) => {
    expect(() => key(seed)).toThrow(
      new RangeError(`invalid seed: ${seed} (need an integer from 0 to 2^53 - 1)`),
    );
  });

  it("of different names, parents and indices differ", () => {
    const names = ["a", "b", "ab", "ba", "conv0.weight", "conv0.bias", "conv1.weight", ""];
    const children = [
      ...names.map((name) => splitByName(key(0), name)),
      ...names.map((name) => splitByName(key(1), name)),
    ];
    expect(new Set(children.map(String)).size).toBe(2 * names.length);
    expect(splitByName(key(0), "a")).toEqual(split(key(0), 0xe40c292c)); // FNV-1a's published hash of "a"
  });
});

describe("uniforms", () => {
  const sample = uniforms(key(11), n);

  it("are multiples of 2^-24 in [0, 1)", () => {
    expect(sample.filter((u) => !(u >= 0 && u < 1 && Number.isInteger(u * 2 ** 24)))).toHaveLength(0);
  });

  it("are uniform, alone and in pairs", () => {
    expect(kolmogorovSmirnov(sample, (u) => u)).toBeLessThan(2.22);
    const cells = new Float64Array(64 * 64);
    for (let i = 0; i < n; i += 2) cells[Math.floor(sample[i] * 64) * 64 + Math.floor(sample[i + 1] * 64)]++;
    expect(Math.abs(chiSquareZ(cells, n / 2 / 4096))).toBeLessThan(4);
  });
});

describe("normals", () => {
  const sample = normals(key(3), n);

  it("have the moments of N(0, 1) within 4 standard errors", () => {
    expect(Math.abs(meanZ(sample, 0, 1))).toBeLessThan(4);
    expect(Math.abs(varianceZ(sample, 1))).toBeLessThan(4);
    const { skewness, kurtosis } = moments(sample);
    expect(Math.abs(skewness) / Math.sqrt(6 / n)).toBeLessThan(4);
    expect(Math.abs(kurtosis - 3) / Math.sqrt(24 / n)).toBeLessThan(4);
  });

  it("have its distribution, and its tails", () => {
    expect(kolmogorovSmirnov(sample, normalCdf)).toBeLessThan(2.22);
    for (const beyond of [2, 3, 3.5]) {
      const p = 2 * normalCdf(-beyond);
      const seen = sample.filter((z) => Math.abs(z) > beyond).length;
      expect(Math.abs(seen - n * p) / Math.sqrt(n * p * (1 - p))).toBeLessThan(4);
    }
  });

  const odd = (values: Float32Array) => values.filter((_, i) => i % 2 === 1);
  const even = (values: Float32Array) => values.filter((_, i) => i % 2 === 0);
  it.each([
    ["the two of a Box-Muller pair", even(sample), odd(sample)],
    ["neighbouring pairs", odd(sample).subarray(0, n / 2 - 1), even(sample).subarray(1)],
    ["neighbouring keys", sample, normals(key(4), n)],
    ["a key's children", normals(split(key(3), 0), n), normals(split(key(3), 1), n)],
    ["a key and its child", sample, normals(split(key(3), 0), n)],
  ])("are independent: %s", (_, a, b) => {
    expect(Math.abs(correlationZ(a, b))).toBeLessThan(4);
    const squares = [a, b].map((values) => values.map((z) => z * z));
    expect(Math.abs(correlationZ(squares[0], squares[1]))).toBeLessThan(4);
    const cells = new Float64Array(256);
    const bin = (z: number) => Math.min(15, Math.floor(16 * normalCdf(z)));
    a.forEach((z, i) => cells[16 * bin(z) + bin(b[i])]++);
    expect(Math.abs(chiSquareZ(cells, a.length / 256))).toBeLessThan(4);
  });

  it("are Box-Muller pairs of a block's words, with logarithm, sine and cosine within 1e-9 of Math's", () => {
    // A float64 array shows what rounding to float32 would hide.
    const own = new Float64Array(n);
    fillNormals(key(8), own as unknown as Float32Array);
    const words = blocks(key(8), 0, new Uint32Array(n));
    let worst = 0;
    for (let i = 0; i < n; i += 2) {
      const radius = Math.sqrt(-2 * Math.log(((words[i] >>> 8) + 1) * 2 ** -24));
      const angle = 2 * Math.PI * (words[i + 1] >>> 8) * 2 ** -24;
      worst = Math.max(worst, Math.abs(own[i] - radius * Math.cos(angle)));
      worst = Math.max(worst, Math.abs(own[i + 1] - radius * Math.sin(angle)));
    }
    expect(worst).toBeLessThan(1e-9);
    expect(normals(key(8), n)).toEqual(Float32Array.from(own));
  });

  it("are finite at the ends of the radius: the smallest and the largest word", () => {
    // Found by trying keys [0, 0], [0, 1], …: the first block's first word is below 2^8, or at least 2^32 - 2^8.
    const [smallest, largest] = [key(14620119), key(10082300)];
    expect(bits24(smallest)).toBe(0);
    expect(bits24(largest)).toBe(2 ** 24 - 1);
    expect(Math.hypot(...normals(smallest, 2))).toBeCloseTo(Math.sqrt(48 * Math.LN2), 5);
    expect(Math.hypot(...normals(largest, 2))).toBe(0);
  });

  it("fill the range asked for and nothing else, with the same numbers as alone", () => {
    const whole = normals(key(2), 2000);
    for (const [start, length] of [
      [0, 2000],
      [5, 784],
      [1, 1],
      [3, 511],
      [10, 512],
      [20, 513],
      [7, 1025],
      [9, 0],
    ]) {
      const out = new Float32Array(2000).fill(99);
      expect(fillNormals(key(2), out, start, length)).toBe(out);
      expect(out.subarray(start, start + length)).toEqual(whole.subarray(0, length));
      expect(out.subarray(0, start).every((value) => value === 99)).toBe(true);
      expect(out.subarray(start + length).every((value) => value === 99)).toBe(true);
    }
  });

  it("to the end of the array unless told", () => {
    const out = fillNormals(key(2), new Float32Array(10), 4);
    expect(out.subarray(4)).toEqual(normals(key(2), 6));
  });
});

const bits24 = (from: readonly [number, number]): number => blocks(from, 0, new Uint32Array(2))[0] >>> 8;

describe("permutations", () => {
  it.each([0, 1, 2, 3, 1000, 60_000])("of %s are bijections", (count) => {
    expect([...permutation(key(1), count)].sort((a, b) => a - b)).toEqual(
      Array.from({ length: count }, (_, i) => i),
    );
  });

  it("of 5 are uniform: all 120, equally often", () => {
    const counts = new Map<string, number>();
    const trials = 60_000;
    for (let i = 0; i < trials; i++) {
      const order = permutation(split(key(6), i), 5).join("");
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(120);
    expect(Math.abs(chiSquareZ([...counts.values()], trials / 120))).toBeLessThan(4);
  });

  it("depend on the key alone", () => {
    expect(permutation(key(1), 100)).toEqual(permutation(key(1), 100));
    expect(permutation(key(1), 100)).not.toEqual(permutation(key(2), 100));
  });
});
