/** A model file with the exact score of Gaussian data. */
import { probeInputs, type Card } from "@ncsn/core";
import { encodeModel, tape } from "@ncsn/export";

/** The data set `gaussian` is N(0, I); in model units, half of it. */
export const s = 0.5;
export const sigmaRange = [0.05, 200] as const;
/** Of a point. */
export const dimension = 2;

function card(shape: Card["shape"]): Card {
  const probe = { key: [0, 1] as const, sigmas: [1], positions: [0] };
  const [x] = probeInputs(probe, shape[0] * shape[1] * shape[2], s);
  return {
    version: 1,
    name: "exact",
    shape,
    pixels: { scale: s, offset: 0 },
    sigmaData: s,
    sigmaRange,
    sampler: { name: "heun", steps: 18, options: {} },
    recipe: {},
    training: {},
    probe: { ...probe, scores: [[-x / (s ** 2 + 1)]], tolerance: 1e-5 },
  };
}

/** The score −x/(s² + σ²) as a graph, in whose place `factor` times it can stand. */
export function gaussianFile(shape: Card["shape"], factor = 1): Uint8Array {
  const t = tape("exact");
  const x = t.input("x", "float32", ["batch", ...shape]);
  const sigma = t.input("sigma", "float32", ["batch"]);
  const variance = t.op("Add", [t.op("Mul", [sigma, sigma]), s ** 2]);
  const column = t.op("Reshape", [variance, t.constant([-1, 1, 1, 1], [4], { type: "int64" })]);
  t.output("score", t.op("Mul", [t.op("Div", [x, column]), -factor]));
  return encodeModel(t.graph(), { ncsn: JSON.stringify(card(shape)) });
}
