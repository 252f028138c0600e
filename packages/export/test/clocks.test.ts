/** The coefficients of parameterizations in an exported graph's float32, where ln(1 + σ²) would lose small σ. */
import {
  ddpmTable,
  defaultBetas,
  log1p,
  parameterizations,
  processes,
  referenceNn,
  tableSigmas,
  values,
  type ParameterizationName,
} from "@ncsn/core";
import { nameOutputs, onnxNn, simplify, tape, type OnnxNn, type Value } from "@ncsn/export";
import { describe, expect, it } from "vitest";
import { open } from "./ort.ts";

type Name = "input" | "output" | "noise";

/** One coefficient as a graph: sigma [batch] in, as a model has it. */
async function compute(
  make: (nn: OnnxNn, sigma: Value) => Value | undefined,
  from: Float32Array,
): Promise<Float32Array> {
  const recording = tape("clock");
  const pixel = recording.constant([-1, 1, 1, 1], undefined, { type: "int64" });
  const sigma = recording.op("Reshape", [recording.input("sigma", "float32", ["batch"]), pixel]);
  const nn = onnxNn(recording, () => {
    throw new Error("a clock has no parameters");
  });
  recording.output("value", make(nn, sigma)!);
  const run = await open(nameOutputs(simplify(recording.graph())));
  return run({ sigma: { shape: [from.length], data: from } });
}

const logSpaced = (low: number, high: number, count = 2000): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => low * (high / low) ** (i / (count - 1)));

/** The largest relative error. */
const worst = (actual: Float32Array, expected: (i: number) => number): number =>
  actual.reduce((most, value, i) => Math.max(most, Math.abs(value / expected(i) - 1)), 0);

describe("float32 in ONNX Runtime", () => {
  it("has ln(1 + v) to 1e-6 from 1e-12 to 1e6", async () => {
    const from = logSpaced(1e-12, 1e6);
    const actual = await compute((nn, v) => log1p(nn, v), from);
    expect(worst(actual, (i) => Math.log1p(from[i]))).toBeLessThan(1e-6);
  });

  const sigmas = logSpaced(1e-4, 152);
  it.each([
    ["vp", "noise"],
    ["vp", "input"],
    ["vp", "output"],
    ["sub-vp", "noise"],
    ["sub-vp", "input"],
    ["sub-vp", "output"],
  ] satisfies [ParameterizationName, Name][])(
    "has the %s of its %s to 1e-6 from 1e-4 to 152",
    async (name, which) => {
      const model = { sigmaData: 0.5, betas: defaultBetas };
      const actual = await compute(
        (nn, sigma) => parameterizations[name].coefficients(nn, sigma, model)[which],
        sigmas,
      );
      const { time, scale } = processes[name](defaultBetas);
      const expected = {
        noise: time,
        input: (sigma: number) => scale(time(sigma)),
        output: (sigma: number) => -1 / sigma,
      }[which];
      expect(worst(actual, (i) => expected(sigmas[i]))).toBeLessThan(1e-6);
    },
  );

  it("counts DDPM's levels as the reference does, also at the very borders between two", async () => {
    const table = tableSigmas(ddpmTable, [1, 1]);
    const from = Float32Array.from(table.slice(1), (sigma, i) => Math.sqrt(sigma * table[i]));
    const model = { sigmaData: 0.5, sigmas: table };
    const actual = await compute(
      (nn, sigma) => parameterizations.ddpm.coefficients(nn, sigma, model).noise,
      from,
    );
    const reference = referenceNn(() => []);
    const { noise } = parameterizations.ddpm.coefficients(reference, values([from.length, 1], from), model);
    expect(worst(actual, (i) => noise.data[i])).toBeLessThan(1e-6);
  });
});
