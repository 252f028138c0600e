import {
  networks,
  parameterizations,
  probeError,
  probeInputs,
  readCard,
  type NetworkName,
  type ParameterizationName,
} from "@ncsn/core";
import { decodeModel, exportModel, makeCard } from "@ncsn/export";
import { describe, expect, it } from "vitest";
import { modelProblems } from "./model-rules.ts";
import { open, relativeError } from "./ort.ts";
import { levels, trainedModel, type ModelChoice } from "./trained-model.ts";

const attentive = {
  channels: 4,
  multipliers: [1, 2, 3],
  embedding: 16,
  features: 12,
  attention: [1, 2],
  headChannels: 4,
  classes: 3,
};

/** The papers' large networks are exported as their papers have them, the others in every way. */
const own: Partial<Record<NetworkName, ParameterizationName>> = { ncsn: "ncsn", ncsnv2: "ncsnv2" };

const choices: readonly (readonly [string, ModelChoice])[] = [
  ...(Object.keys(networks) as NetworkName[]).flatMap((network) =>
    (Object.keys(parameterizations) as ParameterizationName[]).flatMap((parameterization) => {
      if ((own[network] ?? parameterization) !== parameterization) return [];
      const shape = network === "mlp" ? ([2, 1, 1] as const) : ([1, 8, 12] as const);
      return [[`${network}, ${parameterization}`, { network, parameterization, shape }] as const];
    }),
  ),
  ["unet with attention and classes", { options: attentive, shape: [3, 12, 20] }],
  ["unet of odd width", { options: { channels: 3, multipliers: [1, 3] }, shape: [2, 10, 6] }],
  ["unet of one level", { options: { channels: 5, multipliers: [1] }, shape: [1, 5, 7] }],
];

describe.each(choices)("%s", (_, choice) => {
  const { config, parameters, inputs, reference, probe } = trainedModel(choice);
  const made = { config, step: 7, parameters, probe: probe() };
  const range = config.recipe.sigmaRange;

  it("is the reference across the range of noise levels", async () => {
    const run = await open(exportModel(made));
    const sigmas = levels(7, range);
    const feeds = inputs(sigmas);
    const [actual, expected] = [await run(feeds), reference(feeds)];
    const dimension = actual.length / sigmas.length;
    sigmas.forEach((sigma, i) => {
      const [from, to] = [i * dimension, (i + 1) * dimension];
      const error = relativeError(actual.subarray(from, to), expected.subarray(from, to));
      expect(error, `sigma ${sigma}`).toBeLessThan(1e-4);
    });
  });

  it.each([undefined, 3])("keeps the rules at batch %s", (batch) => {
    expect(modelProblems(exportModel({ ...made, batch }))).toEqual([]);
  });

  it("carries its card, whose probe it passes", async () => {
    const bytes = exportModel(made);
    const card = readCard(bytes);
    expect(card).toEqual(JSON.parse(JSON.stringify(makeCard(config, 7, made.probe))));
    const dimension = card.shape.reduce((a, b) => a * b, 1);
    const run = await open(bytes);
    const { x, ...rest } = inputs(card.probe.sigmas);
    const scores = await run({
      ...rest,
      x: { ...x, data: probeInputs(card.probe, dimension, card.sigmaData) },
    });
    expect(probeError(card.probe, scores)).toBeLessThan(1e-4);
  });

  it("is finite outside the range, where sigma is clamped", async () => {
    const run = await open(exportModel(made));
    const [low, high] = range;
    const { sigma, ...rest } = inputs([low, low, low, high, high]);
    const scores = await run({ ...rest, sigma: { ...sigma, data: [0, -1, low, high, 1e30] } });
    expect(scores.every(Number.isFinite)).toBe(true);
  });
});

describe("inputs and outputs", () => {
  it("have a symbolic batch, or the one asked for", () => {
    const { config, parameters, probe } = trainedModel({ options: attentive, shape: [3, 12, 20] });
    const signature = (batch?: number) => {
      const { graph } = decodeModel(exportModel({ config, step: 1, parameters, probe: probe(), batch }));
      return [...graph.inputs, ...graph.outputs].map(
        ({ name, type, shape }) => `${name} ${type} [${shape.join()}]`,
      );
    };
    expect(signature()).toEqual([
      "x float32 [batch,3,12,20]",
      "sigma float32 [batch]",
      "label int32 [batch]",
      "score float32 [batch,3,12,20]",
    ]);
    expect(signature(5)).toEqual([
      "x float32 [5,3,12,20]",
      "sigma float32 [5]",
      "label int32 [5]",
      "score float32 [5,3,12,20]",
    ]);
  });

  it("give the same bits at a fixed batch as at any", async () => {
    const { config, parameters, probe, inputs } = trainedModel({ options: attentive, shape: [3, 12, 20] });
    const feeds = inputs(levels(4, config.recipe.sigmaRange));
    const score = async (batch?: number) =>
      (await open(exportModel({ config, step: 1, parameters, probe: probe(), batch })))(feeds);
    expect(await score(4)).toEqual(await score());
  });

  it("say nothing of a data set's classes where the network takes none", () => {
    const { config, probe } = trainedModel();
    expect(makeCard({ ...config, classes: ["a", "b"] }, 1, probe()).classes).toBeUndefined();
  });

  it("number the classes that have no names", () => {
    const { config, probe } = trainedModel({ options: attentive, shape: [3, 12, 20] });
    const { classes: _, ...nameless } = config;
    expect(makeCard(nameless, 1, probe()).classes).toEqual(["0", "1", "2"]);
  });
});
