/** float16 against its own 65,536 numbers, and against ONNX Runtime's Cast. */
import { key, normals } from "@ncsn/core";
import {
  encodeModel,
  float16Bits,
  float16OfBits,
  nearestFloat16,
  tape,
  type ElementType,
} from "@ncsn/export";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { describe, expect, it } from "vitest";

const patterns = Array.from({ length: 65_536 }, (_, bits) => bits);
const finite = patterns.filter((bits) => ((bits >> 10) & 31) !== 31);

/** Casts by ONNX Runtime. */
async function cast(from: Tensor, type: ElementType, to: number): Promise<ArrayLike<number>> {
  const t = tape("cast");
  t.output("y", t.op("Cast", [t.input("x", type, ["count"])], { to }));
  const session = await InferenceSession.create(encodeModel(t.graph()), { logSeverityLevel: 3 });
  const { y } = await session.run({ x: from });
  return y.data as Float32Array;
}

describe("float16", () => {
  it("has the numbers that ONNX Runtime reads in all its bits", async () => {
    const tensor = new Tensor("float16", Uint16Array.from(patterns), [65_536]);
    const numbers = await cast(tensor, "float16", 1);
    expect(patterns.map(float16OfBits)).toEqual(Array.from(numbers));
  });

  it("is what it was after a way through a number, and numbers between two are the nearer or the even one", () => {
    expect(finite.filter((bits) => float16Bits(float16OfBits(bits)) !== bits)).toEqual([]);
    const wrong = Array.from({ length: 0x7bff }, (_, bits) => {
      const [low, high] = [bits, bits + 1].map(float16OfBits);
      const middle = (low + high) / 2; // exact in float64
      const even = bits % 2 === 0 ? low : high;
      const near = [middle, -middle, middle - 1e-6 * (high - low), middle + 1e-6 * (high - low)];
      return near.map(nearestFloat16).join() === [even, -even, low, high].join() ? [] : [{ low, high }];
    });
    expect(wrong.flat()).toEqual([]);
  });

  it("rounds as ONNX Runtime does, from the smallest subnormal to the largest", async () => {
    const spread = normals(key(1), 40_000).map((z, i) => z * 2 ** ((i % 44) - 29));
    const some = spread.map((value) => Math.max(-65_504, Math.min(65_504, value)));
    const bits = await cast(new Tensor("float32", some, [some.length]), "float32", 10);
    expect(Array.from(some, float16Bits)).toEqual(Array.from(bits));
  });

  it("has a sign of 0, and subnormal numbers", () => {
    expect([0, -0, 2 ** -24, 2 ** -25, -(2 ** -25), 2 ** -25 * 1.01, 2 ** -14].map(float16Bits)).toEqual([
      0, 0x8000, 1, 0, 0x8000, 1, 0x0400,
    ]);
  });

  it.each([65_504.01, -65_505, 1e9, Infinity, NaN])("refuses %d", (value) => {
    const message = `invalid number: ${value} (need one from -65504 to 65504, as float16 has)`;
    expect(() => float16Bits(value)).toThrow(new RangeError(message));
  });
});
