import { describe, expect, it } from "vitest";
import { between, normaliseWeight, referenceNn, values, type Values } from "../../src/nn/reference.ts";
import { key, normals } from "../../src/rng.ts";

const unbound = (name: string): never => {
  throw new Error(`nothing is bound to ${name}`);
};
const nn = referenceNn(unbound);
const image = (shape: readonly number[], ...data: number[]): Values => values(shape, data);
const vector = image;
const random = (seed: number, ...shape: number[]): Values =>
  values(
    shape,
    normals(
      key(seed),
      shape.reduce((a, b) => a * b, 1),
    ),
  );

/** Values by the digits that rounding leaves. */
const rounded = ({ data }: Values): number[] => Array.from(data, (value) => Number(value.toPrecision(12)));

describe("pointwise operations", () => {
  const x = image([1, 1, 1, 4], -1000, -1, 0, 2);

  it("have their textbook values, on images and on vectors", () => {
    const silu = [-0, -1 / (1 + Math.E), 0, 2 / (1 + Math.exp(-2))];
    expect([...nn.silu(x).data]).toEqual(silu);
    expect([...nn.silu(vector([2, 2], ...x.data)).data]).toEqual(silu);
    expect(nn.silu(vector([2, 2], ...x.data)).shape).toEqual([2, 2]);
    expect([...nn.elu(x).data]).toEqual([-1, Math.expm1(-1), 0, 2]);
    expect([...nn.relu(x).data]).toEqual([0, 0, 0, 2]);
  });

  it("of vectors: logarithm, 1/√v, 1/v, mean of a row", () => {
    const v = vector([2, 2], 1, 4, 0.25, 100);
    expect([...nn.log(v).data]).toEqual([0, Math.log(4), Math.log(0.25), Math.log(100)]);
    expect([...nn.rsqrt(v).data]).toEqual([1, 0.5, 2, 0.1]);
    expect([...nn.reciprocal(v).data]).toEqual([1, 0.25, 4, 0.01]);
    expect([...nn.mean(v).data]).toEqual([2.5, 50.125]);
    expect(nn.mean(v).shape).toEqual([2, 1]);
  });
});

describe("broadcasting", () => {
  const x = image([2, 2, 1, 2], 1, 2, 3, 4, 5, 6, 7, 8);

  it.each<[string, Values | number, number[]]>([
    ["a number", 10, [10, 20, 30, 40, 50, 60, 70, 80]],
    ["[2, 2]", vector([2, 2], 1, 10, 100, 1000), [1, 2, 30, 40, 500, 600, 7000, 8000]],
    ["[2, 1]", vector([2, 1], 1, 10), [1, 2, 3, 4, 50, 60, 70, 80]],
    ["[1, 2]", vector([1, 2], 1, 10), [1, 2, 30, 40, 5, 6, 70, 80]],
    ["[1, 1]", vector([1, 1], 10), [10, 20, 30, 40, 50, 60, 70, 80]],
  ])("scales an image [2, 2, H, W] by %s", (_, by, expected) => {
    expect([...nn.scale(x, by).data]).toEqual(expected);
    const shifted = nn.shift(x, by).data;
    expect([...shifted]).toEqual(Array.from(x.data, (value, i) => value + expected[i] / value));
  });

  it("works both ways between vectors", () => {
    const [row, column] = [vector([1, 3], 1, 2, 3), vector([2, 1], 10, 20)];
    expect(nn.times(row, column)).toEqual(vector([2, 3], 10, 20, 30, 20, 40, 60));
    expect(nn.plus(column, row)).toEqual(vector([2, 3], 11, 12, 13, 21, 22, 23));
    expect(nn.times(column, row)).toEqual(nn.times(row, column));
    expect(nn.plus(row, 1)).toEqual(vector([1, 3], 2, 3, 4));
  });

  it("refuses what does not fit", () => {
    expect(() => nn.scale(x, vector([2, 3], 1, 2, 3, 4, 5, 6))).toThrow("cannot broadcast [2, 3] to [2, 2]");
    expect(() => nn.shift(x, vector([3, 1], 1, 2, 3))).toThrow("cannot broadcast [3, 1] to [2, 2]");
    expect(() => nn.times(vector([2, 1], 1, 2), vector([3, 1], 1, 2, 3))).toThrow(
      "cannot broadcast [2, 1] to [3, 1]",
    );
    expect(() => nn.add(x, image([1, 2, 1, 2], 1, 2, 3, 4))).toThrow(
      "cannot add [2, 2, 1, 2] and [1, 2, 1, 2]",
    );
    expect(() => values([2, 2], [1, 2, 3])).toThrow("3 values for the shape [2, 2]");
  });
});

describe("images", () => {
  it("add, and concatenate by channel", () => {
    const a = image([2, 1, 1, 2], 1, 2, 3, 4);
    const b = image([2, 2, 1, 2], 5, 6, 7, 8, 9, 10, 11, 12);
    expect(nn.concat(a, b)).toEqual(image([2, 3, 1, 2], 1, 2, 5, 6, 7, 8, 3, 4, 9, 10, 11, 12));
    expect(nn.add(a, a)).toEqual(image([2, 1, 1, 2], 2, 4, 6, 8));
    expect(nn.withOnes(a)).toEqual(image([2, 2, 1, 2], 1, 2, 1, 1, 3, 4, 1, 1));
    expect(() => nn.concat(a, image([1, 1, 1, 2], 1, 2))).toThrow(
      "cannot concatenate [2, 1, 1, 2] and [1, 1, 1, 2]",
    );
  });

  const x = image([1, 1, 4, 2], 1, 2, 3, 4, 5, 6, 7, 10);

  it("halve by means of 2×2 blocks, and double by repetition", () => {
    expect(nn.meanPool(x)).toEqual(image([1, 1, 2, 1], 2.5, 7));
    expect(nn.upsample(image([1, 2, 1, 2], 1, 2, 3, 4))).toEqual(
      image([1, 2, 2, 4], 1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4),
    );
    expect(nn.meanPool(nn.upsample(random(1, 2, 3, 2, 5)))).toEqual(random(1, 2, 3, 2, 5));
    expect(() => nn.meanPool(image([1, 1, 3, 2], 1, 2, 3, 4, 5, 6))).toThrow("cannot halve an image of 3x2");
  });

  it("have maxima of windows whose padding never wins", () => {
    const negative = image([1, 2, 2, 3], -1, -2, -3, -4, -5, -6, 1, 2, 3, 4, 5, 6);
    expect(nn.maxPool(negative, 3)).toEqual(image([1, 2, 2, 3], -1, -1, -2, -1, -1, -2, 5, 6, 6, 5, 6, 6));
    expect(nn.maxPool(negative, 5)).toEqual(image([1, 2, 2, 3], -1, -1, -1, -1, -1, -1, 6, 6, 6, 6, 6, 6));
    expect(nn.maxPool(negative, 1)).toEqual(negative);
  });

  it("are told their channels, size and width", () => {
    expect(nn.channels(x)).toBe(1);
    expect(nn.size(x)).toEqual([4, 2]);
    expect(nn.width(vector([1, 3], 1, 2, 3))).toBe(3);
  });
});

describe("resize with aligned corners", () => {
  const like = (height: number, width: number) => values([1, 1, height, width]);

  it("keeps the corners and interpolates between: 2×2 to 3×4", () => {
    const out = nn.resize(image([1, 1, 2, 2], 0, 3, 6, 9), like(3, 4));
    expect(rounded(out)).toEqual([0, 1, 2, 3, 3, 4, 5, 6, 6, 7, 8, 9]);
  });

  it("shrinks by the same rule, and leaves a size as it is", () => {
    expect(nn.resize(image([1, 1, 1, 5], 0, 1, 2, 3, 4), like(1, 3))).toEqual(image([1, 1, 1, 3], 0, 2, 4));
    expect(nn.resize(random(2, 1, 2, 3, 4), like(3, 4))).toEqual(random(2, 1, 2, 3, 4));
    expect(nn.resize(image([1, 1, 1, 3], 7, 8, 9), like(1, 1))).toEqual(image([1, 1, 1, 1], 7));
    expect(nn.resize(image([1, 1, 1, 1], 7), like(2, 2))).toEqual(image([1, 1, 2, 2], 7, 7, 7, 7));
  });

  it("reproduces a plane exactly at any size", () => {
    const plane = (height: number, width: number) =>
      values(
        [1, 1, height, width],
        Float64Array.from(
          { length: height * width },
          (_, i) => Math.floor(i / width) / (height - 1) + (2 * (i % width)) / (width - 1),
        ),
      );
    expect(rounded(nn.resize(plane(5, 4), like(7, 9)))).toEqual(rounded(plane(7, 9)));
    expect(rounded(nn.resize(plane(28, 28), like(14, 7)))).toEqual(rounded(plane(14, 7)));
  });

  it("ends on the last pixel without reading beyond it", () => {
    for (const out of [2, 3, 7, 28])
      for (const size of [1, 2, 3, 14]) {
        const [low, high, fraction] = between(out - 1, out, size);
        expect(low + fraction).toBe(size - 1);
        expect(high).toBeLessThan(size);
      }
  });
});

describe("moments", () => {
  it("are the mean and the population variance over H and W", () => {
    const { mean, variance } = nn.moments(image([1, 2, 2, 2], 1, 2, 3, 4, 10, 10, 10, 10));
    expect(mean).toEqual(vector([1, 2], 2.5, 10));
    expect(variance).toEqual(vector([1, 2], 1.25, 0));
  });

  it("stay exact far from 0", () => {
    const { variance } = nn.moments(image([1, 1, 1, 2], 1e8 + 1, 1e8 - 1));
    expect(variance.data[0]).toBe(1);
  });
});

describe("attention", () => {
  /** softmax(qᵀk/√depth) over positions, written with one list per position. */
  function explicit(q: Values, k: Values, v: Values, heads: number): number[] {
    const [n, c, height, width] = q.shape;
    const [area, depth] = [height * width, c / heads];
    const out = Array.from({ length: q.data.length }, () => NaN);
    for (let image = 0; image < n; image++)
      for (let head = 0; head < heads; head++) {
        const channels = Array.from({ length: depth }, (_, d) => head * depth + d);
        const at = (x: Values, channel: number, position: number) =>
          x.data[(image * c + channel) * area + position];
        for (let i = 0; i < area; i++) {
          const scores = Array.from({ length: area }, (_, j) =>
            Math.exp(channels.reduce((sum, ch) => sum + at(q, ch, i) * at(k, ch, j), 0) / Math.sqrt(depth)),
          );
          const total = scores.reduce((a, b) => a + b);
          for (const channel of channels)
            out[(image * c + channel) * area + i] =
              scores.reduce((sum, score, j) => sum + score * at(v, channel, j), 0) / total;
        }
      }
    return out;
  }

  it.each([1, 2, 4])("with %s heads is softmax(q·k/√depth)·v within each head", (heads) => {
    const [q, k, v] = [1, 2, 3].map((seed) => random(seed, 2, 4, 2, 3));
    const out = nn.attention(q, k, v, heads);
    const expected = explicit(q, k, v, heads);
    out.data.forEach((value, i) => expect(value).toBeCloseTo(expected[i], 12));
  });

  it("is the mean of v where all keys are alike, and does not overflow", () => {
    const [q, v] = [image([1, 1, 1, 2], 1e3, 5), image([1, 1, 1, 2], 2, 6)];
    expect([...nn.attention(q, image([1, 1, 1, 2], 1, 1), v, 1).data]).toEqual([4, 4]);
    expect([...nn.attention(q, image([1, 1, 1, 2], 1e3, 0), v, 1).data]).toEqual([2, 2]);
  });

  it("needs heads that divide the channels", () => {
    const q = random(1, 1, 3, 1, 1);
    expect(() => nn.attention(q, q, q, 2)).toThrow(new RangeError("cannot divide 3 channels into 2 heads"));
  });
});

describe("what vectors are looked up by", () => {
  it("Fourier features: √2·cos(v·f + φ)", () => {
    const out = nn.fourier(vector([2, 1], 0, 2), [0, 1, 3], [0, 0.5, -1]);
    const expected = [0, 2].flatMap((v) =>
      [1, Math.cos(v + 0.5), Math.cos(3 * v - 1)].map((c) => Math.SQRT2 * c),
    );
    expect(out).toEqual(vector([2, 3], ...expected));
  });

  it("one-hot rows, of zeros for −1 and beyond the end", () => {
    expect(nn.oneHot(vector([4, 1], 0, 2, -1, 3), 3)).toEqual(
      vector([4, 3], 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0),
    );
  });

  it("the nearest entry of a table by ratio, the ends for what lies beyond", () => {
    const table = [16, 4, 1]; // borders at 8 and 2
    const v = vector([8, 1], 1000, 16, 8.01, 7.99, 4, 2.01, 1.99, 0.001);
    expect([...nn.nearest(v, table).data]).toEqual([0, 0, 0, 1, 1, 1, 2, 2]);
    expect([...nn.nearest(vector([1, 1], 3), [5]).data]).toEqual([0]);
  });
});

describe("normaliseWeight", () => {
  it("is gain·w/(‖w‖ + 1e-4) per output channel, or gain·w", () => {
    const w = Float64Array.of(3, 4, 0, 0);
    const unit = normaliseWeight(w, 2, { unit: true, gain: 2 });
    expect([...unit]).toEqual([3, 4, 0, 0].map((value) => value * (2 / (5 + 1e-4))));
    expect([...normaliseWeight(w, 2, { gain: 0.5 })]).toEqual([1.5, 2, 0, 0]);
    expect([...normaliseWeight(w, 2, {})]).toEqual([3, 4, 0, 0]);
  });
});
