/** Files with float16 weights, against files with the same numbers in float32. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { key, normals, probeError, probeInputs, readCard } from "@ncsn/core";
import {
  cardCheckPoints,
  decodeModel,
  encodeModel,
  exportModel,
  graphScore,
  halfModel,
  halveWeights,
  nearestFloat16,
  relativeError,
  tape,
  withVjp,
} from "@ncsn/export";
import onnxProto from "onnx-proto";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { modelProblems } from "./model-rules.ts";
import { open } from "./ort.ts";
import { levels, trainedModel } from "./trained-model.ts";

const choice = { channels: 12, multipliers: [1, 2], embedding: 40, features: 40, classes: 2 };
const { config, parameters, inputs, probe } = trainedModel({ options: choice, shape: [1, 8, 8] });
const made = { config, step: 7, parameters, probe: probe() };
const full = exportModel(made);
const half = halfModel(full);
const feeds = inputs(levels(5, config.recipe.sigmaRange));

const { onnx } = onnxProto;

/** The file with the same numbers in float32, and no Cast. */
function roundedFile(): Uint8Array {
  const { graph, metadata } = decodeModel(full);
  const kept = decodeModel(half).graph.constants;
  const constants = [...graph.constants].map(([name, constant]) => {
    const large = kept.has(`${name}.float16`);
    return [name, large ? { ...constant, data: constant.data.map(nearestFloat16) } : constant] as const;
  });
  return encodeModel({ ...graph, constants: new Map(constants) }, Object.fromEntries(metadata));
}

describe("a half file", () => {
  it("holds the large weights of convolutions as float16, and all else as it was", () => {
    const [before, after] = [decodeModel(full).graph, decodeModel(half).graph];
    const types = [...after.constants.values()].map(({ name, type, data }) => ({
      name,
      type,
      count: data.length,
    }));
    const halved = types.filter(({ type }) => type === "float16");
    expect(halved.length).toBeGreaterThan(8);
    for (const { name, count } of halved) {
      expect(count, name).toBeGreaterThanOrEqual(1024);
      const original = before.constants.get(name.replace(".float16", ""))!;
      expect(after.constants.get(name)?.data).toEqual(original.data.map(nearestFloat16));
    }
    for (const { name, type, count } of types) {
      if (type === "float16") continue;
      expect(after.constants.get(name)).toEqual(before.constants.get(name));
      if (type === "float32") expect(count, name).toBeLessThan(1024);
    }
    expect(after.nodes.filter(({ op }) => op === "Cast").length).toBe(
      halved.length + before.nodes.filter(({ op }) => op === "Cast").length,
    );
    expect(half.length / full.length).toBeLessThan(0.75); // a small network; nodes take their share
    expect(modelProblems(half)).toEqual([]);
  });

  it("scores to the bit as the file with the same numbers in float32, vjp and all", async () => {
    const rounded = roundedFile();
    expect(await (await open(half))(feeds)).toEqual(await (await open(rounded))(feeds));

    const product = async (file: Uint8Array) => {
      const session = await InferenceSession.create(withVjp(file), {
        intraOpNumThreads: 1,
        logSeverityLevel: 3,
      });
      const { x, sigma, label } = feeds;
      const found = await session.run({
        x: new Tensor("float32", Float32Array.from(x.data), x.shape),
        sigma: new Tensor("float32", Float32Array.from(sigma.data), sigma.shape),
        label: new Tensor("int32", Int32Array.from(label.data), label.shape),
        v: new Tensor("float32", normals(key(9), x.data.length), x.shape),
      });
      return found.vjp.data as Float32Array;
    };
    const vjp = await product(half);
    expect(vjp.some((value) => value !== 0)).toBe(true);
    expect(vjp).toEqual(await product(rounded));
  });

  it("says so in its card, whose probe is its own and not that of the file before", async () => {
    const [card, before] = [readCard(half), readCard(full)];
    expect(card).toEqual({
      ...before,
      weights: "float16",
      probe: { ...before.probe, scores: expect.anything() as unknown },
    });
    const x = { ...feeds.x, shape: [4, 1, 8, 8], data: probeInputs(card.probe, 64, card.sigmaData) };
    const scores = await (await open(half))({ ...inputs(card.probe.sigmas), x });
    expect(probeError(card.probe, scores)).toBeLessThan(1e-5);
    expect(probeError(before.probe, scores)).toBeGreaterThan(1e-4);
  });

  it("is its graph in float64", async () => {
    const card = readCard(half);
    const points = cardCheckPoints(card, 5, key(3));
    const scores = await (
      await open(half)
    )({
      x: { shape: [5, 1, 8, 8], data: points.x },
      sigma: { shape: [5], data: points.sigma },
      label: { type: "int32", shape: [5], data: points.label! },
    });
    const { graph } = decodeModel(half);
    for (let i = 0; i < 5; i++) {
      const expected = graphScore(graph, points, i, card.shape);
      expect(relativeError(expected, scores.subarray(64 * i, 64 * (i + 1)))).toBeLessThan(1e-5);
    }
  });

  it("has the probe of any batch where it is bound to one", () => {
    const bound = halfModel(exportModel({ ...made, batch: 3 }));
    expect(readCard(bound)).toEqual(readCard(half));
  });

  it("has no Cast of a weight any more when ONNX Runtime has read it", async () => {
    const folder = mkdtempSync(join(tmpdir(), "ncsn-half-"));
    const optimizedModelFilePath = join(folder, "optimized.onnx");
    await InferenceSession.create(half, {
      graphOptimizationLevel: "basic", // what comes above is of one processor
      optimizedModelFilePath,
      logSeverityLevel: 3,
    });
    const { graph } = onnx.ModelProto.decode(readFileSync(optimizedModelFilePath));
    rmSync(folder, { recursive: true });
    const types = new Map(graph?.initializer?.map(({ name, dataType }) => [name, dataType]));
    const weights = graph?.node?.flatMap(({ opType, input }) =>
      opType === "Conv" && input ? [input[1]] : [],
    );
    expect(weights?.length).toBeGreaterThan(8);
    for (const weight of weights ?? []) expect(types.get(weight), weight).toBe(1); // float32, no more
  });
});

describe("halfModel refuses", () => {
  it("a file that has nothing to halve", () => {
    const small = trainedModel({
      options: { channels: 4, multipliers: [1], embedding: 24, features: 20 },
      shape: [1, 4, 4],
    });
    const file = exportModel({ ...made, ...small, probe: small.probe() });
    expect(() => halfModel(file)).toThrow(
      new TypeError("test has no weights of 1024 numbers or more: there is nothing to halve"),
    );
  });

  it("a file that is half already", () => {
    expect(() => halfModel(half)).toThrow(new TypeError("the weights of test are float16 already"));
  });

  it("weights beyond float16's range, by their name", () => {
    const { graph, metadata } = decodeModel(full);
    const name = "mid.conv0.weight";
    const weight = graph.constants.get(name)!;
    const constants = new Map(graph.constants).set(name, { ...weight, data: weight.data.with(5, 70_000) });
    const file = encodeModel({ ...graph, constants }, Object.fromEntries(metadata));
    expect(() => halfModel(file)).toThrow(
      new RangeError(
        `cannot halve ${name}: invalid number: 70000 (need one from -65504 to 65504, as float16 has)`,
      ),
    );
  });
});

describe("halveWeights leaves", () => {
  it("factors, which have one input channel, and what is no weight of a convolution", () => {
    const t = tape("factors");
    const x = t.input("x", "float32", ["batch", 1, 1, 1]);
    const many = normals(key(1), 1200);
    const wide = t.op("Conv", [x, t.constant(many, [1200, 1, 1, 1])]);
    const shifted = t.op("Add", [wide, t.constant(many, [1, 1200, 1, 1])]);
    t.output("y", t.op("Conv", [shifted, t.constant(many, [1, 1200, 1, 1], { name: "weight" })]));
    const { constants, nodes } = halveWeights(t.graph());
    expect([...constants.values()].map(({ name, type }) => [name, type])).toEqual([
      ["constant", "float32"],
      ["constant_2", "float32"],
      ["weight.float16", "float16"],
    ]);
    expect(nodes[0]).toMatchObject({ op: "Cast", outputs: ["weight"], attributes: { to: 1 } });
  });
});
