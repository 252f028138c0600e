import { key, normals, type NetworkName } from "@ncsn/core";
import { decodeModel, encodeModel, exportModel, tape, withVjp } from "@ncsn/export";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { trainedModel } from "../trained-model.ts";
import { relativeError } from "./derivatives.ts";

const choices: readonly {
  network: NetworkName;
  options: object;
  shape: readonly [number, number, number];
}[] = [
  {
    network: "unet",
    options: {
      channels: 4,
      multipliers: [1, 2],
      embedding: 8,
      features: 6,
      attention: [1],
      headChannels: 4,
      classes: 2,
    },
    shape: [1, 4, 6],
  },
  { network: "mlp", options: { width: 16 }, shape: [2, 1, 1] },
  { network: "scorenet", options: { channels: [8, 8] }, shape: [1, 5, 7] },
];

describe.each(choices)("$network", (choice) => {
  const { config, parameters, inputs, probe, reference } = trainedModel(choice);
  const model = exportModel({ config, step: 10, parameters, probe: probe() });
  const bytes = withVjp(model);

  test("has one more input and output, and the same metadata", () => {
    const [before, after] = [decodeModel(model), decodeModel(bytes)];
    expect(after.metadata).toEqual(before.metadata);
    expect(after.graph.inputs).toEqual([
      ...before.graph.inputs,
      { name: "v", type: "float32", shape: ["batch", ...choice.shape] },
    ]);
    expect(after.graph.outputs).toEqual([
      ...before.graph.outputs,
      { name: "vjp", type: "float32", shape: ["batch", ...choice.shape] },
    ]);
  });

  test("computes the product of v with the Jacobian: central differences of the reference say the same", async () => {
    const sigmas = [0.5, 2, 9].map(Math.fround);
    const feeds = inputs(sigmas);
    const v = normals(key(9), feeds.x.data.length);
    const tensors = Object.entries(feeds).map(([name, { type = "float32", shape, data }]) => {
      const numbers = type === "float32" ? Float32Array.from(data) : Int32Array.from(data);
      return [name, new Tensor(type, numbers, shape)] as const;
    });
    const session = await InferenceSession.create(bytes, { intraOpNumThreads: 1, logSeverityLevel: 3 });
    const results = await session.run({
      ...Object.fromEntries(tensors),
      v: new Tensor("float32", v, feeds.x.shape),
    });
    expect(relativeError(results.score.data as Float32Array, reference(feeds))).toBeLessThan(1e-4);

    const product = (at: number, by: number): number => {
      const data = Float64Array.from(feeds.x.data);
      data[at] += by;
      return reference({ ...feeds, x: { ...feeds.x, data } }).reduce((sum, s, i) => sum + s * v[i], 0);
    };
    const h = 1e-5;
    const expected = Float64Array.from(v, (_, at) => (product(at, h) - product(at, -h)) / (2 * h));
    // the noise levels' rows differ in size; each must be right
    const row = v.length / sigmas.length;
    sigmas.forEach((_, i) => {
      const range = [i * row, (i + 1) * row] as const;
      const actual = (results.vjp.data as Float32Array).subarray(...range);
      expect(relativeError(actual, expected.subarray(...range))).toBeLessThan(1e-4);
    });
  });
});

test("a model without a score is refused", () => {
  const recording = tape("other");
  recording.output("y", recording.op("Exp", [recording.input("x", "float32", ["batch"])]));
  expect(() => withVjp(encodeModel(recording.graph()))).toThrow("the model other has no output score");
});
