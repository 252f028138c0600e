/** Guided files, against the two files that they are made of. */
import { key, normals, probeError, probeInputs, readCard, summarize } from "@ncsn/core";
import {
  cardCheckPoints,
  decodeModel,
  graphScore,
  guidedModel,
  halfModel,
  multiplyAdds,
  withVjp,
  type CheckPoints,
  type ScoredInputs,
} from "@ncsn/export";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { files, made, shape, small } from "./guided-files.ts";
import { modelProblems } from "./model-rules.ts";
import { open, relativeError } from "./ort.ts";
import { trainedModel } from "./trained-model.ts";

const dimension = 16;

const points = (file: Uint8Array): CheckPoints => cardCheckPoints(readCard(file), 5, key(3));

/** Scores of check points by a file's graph, in float64. */
function scores(file: Uint8Array, at: ScoredInputs = points(file)): Float64Array {
  const { graph } = decodeModel(file);
  const found = Array.from({ length: at.sigma.length }, (_, i) => [
    ...graphScore(graph, at, i, readCard(file).shape),
  ]);
  return Float64Array.from(found.flat());
}

/** Scores of check points in ONNX Runtime. */
async function run(file: Uint8Array, { x, sigma, label, count }: CheckPoints): Promise<Float32Array> {
  return (await open(file))({
    x: { shape: [count, ...shape], data: x },
    sigma: { shape: [count], data: sigma },
    ...(label && { label: { type: "int32", shape: [count], data: label } }),
  });
}

/** The definition: (1 + w)·s − w·g. */
const guidedBy = (w: number, s: Float64Array, g: Float64Array): Float64Array =>
  s.map((value, i) => (1 + w) * value - w * g[i]);

describe.each([
  ["neither knows classes", files.plain, files.guide],
  ["only the model knows classes", files.labelled, files.guide],
  ["both know classes", files.labelled, files.labelledGuide],
])("a guided file, where %s", (_, main, guide) => {
  const at = points(main);
  const [s, g] = [scores(main, at), scores(guide, at)];
  const twice = guidedModel(main, guide, 2);

  it.each([
    [2, twice],
    [-0.25, guidedModel(main, guide, -0.25)],
  ])("scores as its definition says, w = %s", async (w, guided) => {
    const expected = guidedBy(w, s, g);
    expect(relativeError(g, s)).toBeGreaterThan(0.1); // else there is nothing to see
    expect(relativeError(scores(guided, at), expected)).toBeLessThan(1e-12);
    const actual = await run(guided, at);
    for (let i = 0; i < at.count; i++) {
      const own = [actual, expected].map((all) => all.subarray(dimension * i, dimension * (i + 1)));
      expect(relativeError(own[0], own[1]), `sigma ${at.sigma[i]}`).toBeLessThan(1e-5);
    }
    expect(modelProblems(guided)).toEqual([]);
  });

  it("is the model to the bit where the weight is 0", async () => {
    expect(await run(guidedModel(main, guide, 0), at)).toEqual(await run(main, at));
  });

  it("is the model to the bit where the model is its own guide", async () => {
    expect(await run(guidedModel(main, main, 3.3), at)).toEqual(await run(main, at));
  });

  it("has a probe that it passes, and the model does not", async () => {
    const { probe, sigmaData } = readCard(twice);
    const asked: CheckPoints = {
      count: probe.sigmas.length,
      x: probeInputs(probe, dimension, sigmaData),
      sigma: Float64Array.from(probe.sigmas),
      label: probe.labels && Int32Array.from(probe.labels),
    };
    expect(probeError(probe, await run(twice, asked))).toBeLessThan(1e-5);
    expect(probeError(probe, await run(main, asked))).toBeGreaterThan(0.01);
  });

  it("is halved as any other", async () => {
    const half = halfModel(twice);
    const kept = (prefix: string) =>
      [...decodeModel(half).graph.constants.values()].filter(
        ({ name, type }) => type === "float16" && name.startsWith(prefix),
      ).length;
    expect(kept("main.")).toBeGreaterThan(8);
    expect(readCard(half)).toMatchObject({ weights: "float16", guide: readCard(twice).guide });
    expect(relativeError(await run(half, at), scores(half, at))).toBeLessThan(1e-5);
    const rounding = relativeError(scores(half, at), scores(twice, at));
    expect(rounding).toBeGreaterThan(1e-6);
    expect(rounding).toBeLessThan(0.01);
  });
});

describe("a guided file", () => {
  it("has the model's card, which tells of the guide", () => {
    const [before, card] = [readCard(files.plain), readCard(guidedModel(files.plain, files.guide, 1.5))];
    expect(card).toEqual({
      ...before,
      guide: {
        name: "early",
        weight: 1.5,
        training: { dataset: "gaussian", step: 2, images: 16 },
      },
      probe: { ...before.probe, scores: expect.anything() as unknown },
    });
  });

  it("clips σ for each network to its own range", () => {
    // The ends of a range are float32 in the file.
    const beyond = { ...points(files.plain), sigma: [0.002, 0.005, 50, 80, 1000].map(Math.fround) };
    const ends = { ...beyond, sigma: [0.01, 0.01, 40, 40, 40].map(Math.fround) };
    const expected = guidedBy(1, scores(files.plain, beyond), scores(files.guide, ends));
    const guided = guidedModel(files.plain, files.guide, 1);
    expect(relativeError(scores(guided, beyond), expected)).toBeLessThan(1e-12);
  });

  it("costs what both networks cost", () => {
    const attentive = {
      channels: 4,
      multipliers: [1, 2],
      embedding: 24,
      features: 20,
      attention: [1],
      headChannels: 4,
    };
    const costs = [attentive, small].map((options) => {
      const { config } = trainedModel({ options, shape });
      return summarize(config.model, config.shape).multiplyAdds;
    });
    const own = [attentive, small].map((options) => made({ options }));
    const counted = own.map((file) => multiplyAdds(decodeModel(file).graph));
    counted.forEach((count, i) => expect(count / costs[i]).toBeCloseTo(1, 2));
    expect(multiplyAdds(decodeModel(guidedModel(own[0], own[1], 1)).graph)).toBe(counted[0] + counted[1]);
  });

  it("is differentiated as any other: its vjp is that of the definition", async () => {
    const product = async (file: Uint8Array) => {
      const { x, sigma, count } = points(file);
      const session = await InferenceSession.create(withVjp(file), {
        intraOpNumThreads: 1,
        logSeverityLevel: 3,
      });
      const image = (data: Float32Array) => new Tensor("float32", data, [count, ...shape]);
      const found = await session.run({
        x: image(x),
        sigma: new Tensor("float32", Float32Array.from(sigma), [count]),
        v: image(normals(key(9), x.length)),
      });
      return Float64Array.from(found.vjp.data as Float32Array);
    };
    // Files of the same range of σ, so that the check points are the same.
    const guide = made({ options: small });
    const expected = guidedBy(2, await product(files.plain), await product(guide));
    expect(relativeError(await product(guidedModel(files.plain, guide, 2)), expected)).toBeLessThan(1e-5);
  });
});
