import { describe, expect, it } from "vitest";
import { key, normals, purposes, split, uniforms } from "../src/rng.ts";
import { hostSpace, prior } from "../src/space.ts";

const root = split(key(1), purposes.sampling);
const make = (count = 3, first = 0, dimension = 5) =>
  hostSpace({
    count,
    dimension,
    first,
    key: root,
    score: async (x, sigma, out) => {
      out.set(
        x.map((value, i) => -value * (typeof sigma === "number" ? sigma : sigma[Math.floor(i / dimension)])),
      );
    },
  });

const card = (law?: "normal" | "uniform") =>
  ({ sampler: { name: "heun", steps: 1, options: {}, prior: law } }) as const;

describe("hostSpace", () => {
  it("keys noise and uniforms by (image, draw)", () => {
    const space = make();
    for (const draw of [0, 1, 9]) {
      const z = space.noise(draw);
      const u = space.noise(draw, "uniform");
      for (const image of [0, 1, 2]) {
        const from = split(split(root, image), draw);
        expect(z.subarray(5 * image, 5 * image + 5)).toEqual(normals(from, 5));
        expect(u.subarray(5 * image, 5 * image + 5)).toEqual(Float32Array.from(uniforms(from, 5)));
        expect(space.uniform(draw)[image]).toBe(uniforms(from, 1)[0]);
      }
    }
  });

  it("gives an image the same noise in any batch", () => {
    const all = make(8).noise(3);
    for (let image = 0; image < 8; image++) {
      expect(make(1, image).noise(3)).toEqual(all.subarray(5 * image, 5 * image + 5));
      expect(make(1, image).uniform(3)[0]).toBe(make(8).uniform(3)[image]);
    }
    expect(make(4, 4).noise(3)).toEqual(all.subarray(20));
  });

  it.each([0, 1, 2, 3, 4, 5])("combines %s terms, by one coefficient or one per image", (terms) => {
    const space = make();
    const v = Array.from({ length: terms }, (_, k) => space.noise(k));
    const numbers = v.map((_, k) => 0.5 * k - 1);
    const perImage = numbers.map((c) => Float64Array.of(c, 2 * c, 3 * c));
    const mixed = numbers.map((c, k) => (k % 2 === 0 ? c : perImage[k]));
    for (const coefficients of [numbers, perImage, mixed]) {
      const out = space.combine(v.map((value, k) => [coefficients[k], value] as const));
      out.forEach((value, i) => {
        let sum = 0;
        coefficients.forEach((c, k) => {
          sum += (typeof c === "number" ? c : c[Math.floor(i / 5)]) * v[k][i];
        });
        expect(value).toBe(Math.fround(sum));
      });
    }
  });

  it("copies the caller's numbers and averages blocks of pixels, each of its plane", () => {
    const space = hostSpace({
      count: 1,
      dimension: 16,
      size: [2, 4],
      key: root,
      score: () => Promise.resolve(),
    });
    const numbers = Float32Array.from({ length: 16 }, (_, i) => i ** 2);
    const x = space.constant(numbers);
    expect(x).not.toBe(numbers);
    expect(x).toEqual(numbers);
    const block = (...at: number[]) => at.reduce((sum, i) => sum + i ** 2, 0) / at.length;
    const row = (from: number) => [
      ...Array<number>(2).fill(block(from, from + 1, from + 4, from + 5)),
      ...Array<number>(2).fill(block(from + 2, from + 3, from + 6, from + 7)),
    ];
    expect([...space.blockMeans(x, 2)]).toEqual([...row(0), ...row(0), ...row(8), ...row(8)]);
    expect(space.blockMeans(x, 1)).toEqual(x);
  });

  it("passes on what a score is given", async () => {
    const seen: string[] = [];
    const score = (_x: Float32Array, _sigma: unknown, _out: Float32Array, given: string) => {
      seen.push(given);
      return Promise.resolve();
    };
    const space = hostSpace({ count: 1, dimension: 1, key: root, score });
    await space.score(space.noise(0), 1);
    await space.score(space.noise(1), 1, "nothing");
    expect(seen).toEqual(["labels", "nothing"]);
  });

  it("combines a value with itself and leaves its terms alone", () => {
    const space = make();
    const z = space.noise(0);
    const before = z.slice();
    const sum = space.combine([
      [1, z],
      [1, z],
    ]);
    expect(sum).toEqual(before.map((value) => 2 * value));
    expect(z).toEqual(before);
  });

  it("leaves out what has the coefficient 0, even where it is no number", () => {
    const space = make();
    const [z, bad] = [space.noise(0), space.noise(1).fill(NaN)];
    expect(
      space.combine([
        [1, z],
        [0, bad],
      ]),
    ).toEqual(z);
    const chosen = space.combine([
      [Float64Array.of(1, 0, 1), z],
      [Float64Array.of(0, 1, 0), bad],
    ]);
    expect(chosen).toEqual(z.map((value, i) => (i >= 5 && i < 10 ? NaN : value)));
  });

  it("scores, multiplies and takes dot products per image", async () => {
    const space = make();
    const [a, b] = [space.noise(0), space.noise(1)];
    expect(space.product(a, b)).toEqual(a.map((value, i) => value * b[i]));
    expect(await space.score(a, Float64Array.of(1, 2, 3))).toEqual(
      a.map((value, i) => -value * (1 + Math.floor(i / 5))),
    );
    const dots = await space.dot(a, b);
    [0, 1, 2].forEach((image) => {
      let sum = 0;
      for (let i = 5 * image; i < 5 * image + 5; i++) sum += a[i] * b[i];
      expect(dots[image]).toBeCloseTo(sum, 12);
    });
  });

  it("reuses what is released, and overwrites all of it", () => {
    const space = make();
    const z = space.noise(0);
    const first = z.slice();
    z.fill(NaN);
    space.release(z);
    const again = space.noise(0);
    expect(again).toBe(z);
    expect(again).toEqual(first);
    again.fill(NaN);
    space.release(again);
    expect([...space.combine([])]).toEqual(Array(15).fill(0));
  });
});

describe("prior", () => {
  it("is σ₁·z of draw 0, in one live array", () => {
    const x = prior(make(), card(), 80);
    expect(x).toEqual(
      make()
        .noise(0)
        .map((value) => 80 * value),
    );
    expect(prior(make(), card("normal"), 80)).toEqual(x);
  });

  it("is U[0, 1) where the card says so, whatever σ₁", () => {
    const x = prior(make(), card("uniform"), 80);
    expect(x).toEqual(make().noise(0, "uniform"));
    expect(x.every((value) => value >= 0 && value < 1)).toBe(true);
  });
});
