import { describe, expect, it } from "vitest";
import type { ConvOptions, Shape } from "../../src/nn.ts";
import { referenceNn, values, type Values } from "../../src/nn/reference.ts";
import { key, normals, splitByName } from "../../src/rng.ts";

const size = (shape: Shape): number => shape.reduce((a, b) => a * b, 1);
const random = (name: string, ...shape: number[]): Values =>
  values(shape, normals(splitByName(key(3), name), size(shape)));

/** Parameters drawn by name, and the shapes that were asked for. */
function drawing() {
  const asked = new Map<string, Shape>();
  const nn = referenceNn((name, shape) => {
    asked.set(name, shape);
    return random(name, ...shape).data;
  });
  return { nn, asked };
}

/** A single-channel convolution with the kernel given, no bias. */
function convolve(x: Values, kernel: readonly number[], options: ConvOptions): Values {
  return referenceNn(() => kernel).conv("c", x, 1, { ...options, bias: false });
}

describe("conv by hand", () => {
  const ramp = values([1, 1, 3, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9]);

  it("is a correlation: a kernel with one 1 right of its centre shifts left, zeros come in", () => {
    expect([...convolve(ramp, [0, 0, 0, 0, 0, 1, 0, 0, 0], {}).data]).toEqual([2, 3, 0, 5, 6, 0, 8, 9, 0]);
    expect([...convolve(ramp, [0, 1, 0, 0, 0, 0, 0, 0, 0], {}).data]).toEqual([0, 0, 0, 1, 2, 3, 4, 5, 6]);
  });

  it("sums 3×3 windows, padded by zeros", () => {
    const ones = Array<number>(9).fill(1);
    expect([...convolve(ramp, ones, {}).data]).toEqual([12, 21, 16, 27, 45, 33, 24, 39, 28]);
    expect([...convolve(ramp, ones, { gain: 2 }).data]).toEqual([24, 42, 32, 54, 90, 66, 48, 78, 56]);
  });

  it("starts its grid at the first pixel with stride 2, for odd and for even sizes", () => {
    const centre = [0, 0, 0, 0, 1, 0, 0, 0, 0];
    expect(convolve(ramp, centre, { stride: 2 })).toEqual(values([1, 1, 2, 2], [1, 3, 7, 9]));
    const even = values([1, 1, 2, 4], [1, 2, 3, 4, 5, 6, 7, 8]);
    expect(convolve(even, centre, { stride: 2 })).toEqual(values([1, 1, 1, 2], [1, 3]));
  });

  it("reaches `dilation` pixels far and keeps the size", () => {
    const right = [0, 0, 0, 0, 0, 1, 0, 0, 0];
    expect([...convolve(ramp, right, { dilation: 2 }).data]).toEqual([3, 0, 0, 6, 0, 0, 9, 0, 0]);
  });

  it("adds one bias per channel, from 1×1 kernels too", () => {
    const parameters: Record<string, number[]> = { "c.weight": [1, 10, 0, 2], "c.bias": [0.5, -1] };
    const x = values([1, 2, 1, 2], [1, 2, 3, 4]);
    const out = referenceNn((name) => parameters[name]).conv("c", x, 2, { size: 1 });
    expect(out).toEqual(values([1, 2, 1, 2], [31.5, 42.5, 5, 7]));
  });

  it("normalises unit weights per output channel, and only then applies the gain", () => {
    const weights = [3, 4, 0, 5];
    const nn = referenceNn(() => weights);
    const out = nn.conv("c", values([1, 2, 1, 1], [1, 1]), 2, { size: 1, unit: true, gain: 3, bias: false });
    expect(out.data[0]).toBeCloseTo((3 * 7) / (5 + 1e-4), 12);
    expect(out.data[1]).toBeCloseTo((3 * 5) / (5 + 1e-4), 12);
  });

  it("refuses even kernels", () => {
    expect(() => convolve(ramp, [1, 1, 1, 1], { size: 2 })).toThrow(
      "invalid kernel size: 2 (need an odd number)",
    );
  });
});

describe("conv", () => {
  /** Written over an explicitly padded image, with another order of loops. */
  function padded(x: Values, w: Values, b: Values, stride: number, dilation: number): number[] {
    const [n, inputs, height, width] = x.shape;
    const [outputs, , kernel] = w.shape;
    const reach = (dilation * (kernel - 1)) / 2;
    const [ph, pw] = [height + 2 * reach, width + 2 * reach];
    const pad = new Float64Array(n * inputs * ph * pw);
    x.data.forEach((value, i) => {
      const [plane, row, column] = [
        Math.floor(i / (height * width)),
        Math.floor(i / width) % height,
        i % width,
      ];
      pad[(plane * ph + row + reach) * pw + column + reach] = value;
    });
    const [oh, ow] = [Math.floor((height - 1) / stride) + 1, Math.floor((width - 1) / stride) + 1];
    const out = Array.from({ length: n * outputs * oh * ow }, () => 0);
    w.data.forEach((weight, at) => {
      const [j, i] = [at % kernel, Math.floor(at / kernel) % kernel];
      const [c, o] = [Math.floor(at / kernel ** 2) % inputs, Math.floor(at / (kernel ** 2 * inputs))];
      for (let image = 0; image < n; image++)
        for (let row = 0; row < oh; row++)
          for (let column = 0; column < ow; column++)
            out[((image * outputs + o) * oh + row) * ow + column] +=
              weight *
              pad[
                ((image * inputs + c) * ph + row * stride + i * dilation) * pw +
                  column * stride +
                  j * dilation
              ];
    });
    return out.map((value, i) => value + b.data[Math.floor(i / (oh * ow)) % outputs]);
  }

  it.each([
    [1, 1, 1],
    [3, 1, 1],
    [3, 2, 1],
    [3, 1, 2],
    [3, 1, 4],
    [3, 2, 2],
    [5, 1, 1],
    [5, 3, 2],
  ])("agrees with the padded formula: size %s, stride %s, dilation %s", (kernel, stride, dilation) => {
    const { nn, asked } = drawing();
    const x = random("x", 2, 3, 7, 6);
    const out = nn.conv("c", x, 4, { size: kernel, stride, dilation });
    const expected = padded(
      x,
      random("c.weight", 4, 3, kernel, kernel),
      random("c.bias", 4),
      stride,
      dilation,
    );
    expect(out.shape).toEqual([2, 4, Math.ceil(7 / stride), Math.ceil(6 / stride)]);
    out.data.forEach((value, i) => expect(value).toBeCloseTo(expected[i], 10));
    expect(Object.fromEntries(asked)).toEqual({ "c.weight": [4, 3, kernel, kernel], "c.bias": [4] });
  });
});

describe("dense", () => {
  it("is v·weightᵀ + bias, by hand", () => {
    const parameters: Record<string, number[]> = { "d.weight": [1, 2, 3, 4, 5, 6], "d.bias": [0.5, -0.5] };
    const v = values([2, 3], [1, 0, -1, 2, 1, 0]);
    const out = referenceNn((name) => parameters[name]).dense("d", v, 2);
    expect(out).toEqual(values([2, 2], [-1.5, -2.5, 4.5, 12.5]));
  });

  it("asks for [out, in] and [out], without a bias for the first alone", () => {
    const { nn, asked } = drawing();
    nn.dense("a", random("v", 2, 3), 5);
    nn.dense("b", random("v", 2, 3), 5, { bias: false, unit: true });
    nn.vector("g", 4, { kind: "constant", value: 0 });
    expect(Object.fromEntries(asked)).toEqual({
      "a.weight": [5, 3],
      "a.bias": [5],
      "b.weight": [5, 3],
      g: [4],
    });
  });

  it("agrees with a 1×1 convolution of one pixel", () => {
    const { nn } = drawing();
    const v = random("v", 3, 4);
    for (const options of [{}, { unit: true, gain: 0.7 }, { bias: false }]) {
      const conv = nn.conv("same", values([3, 4, 1, 1], v.data), 5, { size: 1, ...options });
      expect([...conv.data]).toEqual([...nn.dense("same", v, 5, options).data]);
    }
  });
});
