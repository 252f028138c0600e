/** Gradients of whole networks: every parameter of a training loss, by differentiation and by differences. */
import {
  applyScore,
  fillNormals,
  initialise,
  key,
  networks,
  normals,
  split,
  splitByName,
  summarize,
  values,
  type NetworkName,
  type ScoreModel,
  type Values,
} from "@ncsn/core";
import {
  differentiate,
  evaluate,
  inputBinder,
  lower,
  onnxNn,
  portable,
  tape,
  undifferentiable,
  type Graph,
} from "@ncsn/export";
import { describe, expect, test } from "vitest";
import { directionalDifference, evaluateNumber, inner, relativeError } from "./derivatives.ts";
import { feed } from "./record-case.ts";
import { runGraph, withOutputs } from "./runtime.ts";

interface Choice {
  readonly name: string;
  readonly network: NetworkName;
  readonly options: object;
  readonly shape: readonly number[];
}

const choices: readonly Choice[] = [
  {
    name: "unet with attention and classes",
    network: "unet",
    options: {
      channels: 4,
      multipliers: [1, 2],
      embedding: 6,
      features: 5,
      attention: [1],
      headChannels: 4,
      classes: 3,
    },
    shape: [2, 6, 10],
  },
  { name: "mlp", network: "mlp", options: { width: 7, layers: 2, features: 5 }, shape: [2, 1, 1] },
  { name: "ncsn", network: "ncsn", options: { channels: 3, levels: 3 }, shape: [1, 6, 4] },
  { name: "ncsnv2", network: "ncsnv2", options: { channels: 3 }, shape: [1, 6, 4] },
  { name: "scorenet", network: "scorenet", options: { channels: [3, 4], hidden: 5 }, shape: [1, 5, 7] },
];

const batch = 3;

/** Mean of (score − target)² over everything, with the parameters as inputs. */
function lossGraph({ name, network, options, shape }: Choice, images: number | "batch") {
  const model: ScoreModel = {
    network: { name: network, options: { ...networks[network].defaults, ...options } },
    parameterization: network === "scorenet" ? "raw" : "edm",
    sigmaData: 0.5,
    sigmas: [1, 0.7, 0.3],
  };
  const recording = tape(name);
  const x = recording.input("x", "float32", [images, ...shape]);
  const sigma = recording.input("sigma", "float32", [images, 1, 1, 1]);
  const label = recording.input("label", "float32", [images, 1, 1, 1]);
  const target = recording.input("target", "float32", [images, ...shape]);
  const score = applyScore(onnxNn(recording, inputBinder()), model, x, sigma, label);
  const residual = recording.op("Sub", [score, target]);
  const square = recording.op("Mul", [residual, residual]);
  recording.op("ReduceMean", [square], { axes: [0, 1, 2, 3], keepdims: 0 }, "loss");

  const { parameters } = summarize(model, shape);
  const tensors = initialise(parameters, key(1));
  for (const { name, init } of parameters)
    if (init.kind === "constant") fillNormals(splitByName(key(2), name), tensors.get(name)!.data);
  const weights = parameters.map(({ name, shape }) => values(shape, tensors.get(name)!.data));
  const size = batch * shape.reduce((a, b) => a * b, 1);
  const feeds = {
    x: values([batch, ...shape], normals(key(3), size)),
    sigma: values([batch, 1, 1, 1], [0.3, 1.1, 0.7]),
    label: values([batch, 1, 1, 1], [0, -1, 2]),
    target: values([batch, ...shape], normals(key(4), size)),
  };
  return { graph: recording.graph(), names: parameters.map(({ name }) => name), weights, feeds };
}

/** As many directions to differentiate in: one for each parameter array, or for every n-th where there are many. */
const most = 24;

/** A direction in the parameters of the group `at`, and none in the others. */
const direction = (weights: readonly Values[], at: number): Values[] =>
  weights.map(({ shape, data }, i) =>
    values(shape, i % most === at ? normals(split(key(7), i), data.length) : undefined),
  );

describe.each(choices)("$name", (choice) => {
  const { graph, names, weights, feeds } = lossGraph(choice, "batch");
  const { graph: whole, gradients } = differentiate(graph, "loss", names);
  const wanted = names.map((name) => gradients.get(name)!);
  const all = { ...feed(names, weights), ...feeds };

  test("the gradient in every parameter agrees with central differences", () => {
    expect(undifferentiable(graph, "loss", names)).toEqual([]);
    const found = evaluate(whole, all, wanted);
    for (let at = 0; at < Math.min(most, names.length); at++) {
      const u = direction(weights, at);
      const group = names.flatMap((_, i) => (i % most === at ? [i] : []));
      const parts = group.map((i) => {
        const gradient = found.get(wanted[i])!;
        return {
          along: inner(gradient, u[i]),
          size: Math.sqrt(inner(gradient, gradient) * inner(u[i], u[i])),
        };
      });
      const loss = (moved: readonly Values[]): number =>
        evaluateNumber(graph, { ...feeds, ...feed(names, moved) }, "loss");
      const expected = directionalDifference(loss, weights, u);
      const about = group.map((i) => names[i]).join(", ");
      const sizes = parts.map(({ size }) => size);
      expect(Math.min(...sizes), about).toBeGreaterThan(1e-9);
      const along = parts.reduce((sum, part) => sum + part.along, 0);
      expect(Math.abs(along - expected) / Math.hypot(...sizes), about).toBeLessThan(1e-5);
    }
  });

  // Sessions of thousands of nodes take seconds; the training engine's suite compares gradients of these networks.
  if (choice.network.startsWith("ncsn")) return;
  test("ONNX Runtime computes the same, for a batch of any size and for one that is known", async () => {
    const expected = [...evaluate(whole, all, wanted).values()];
    const known = lossGraph(choice, batch).graph;
    const fixed = differentiate(known, "loss", names);
    const check = async (graph: Graph, outputs: readonly string[]): Promise<void> => {
      const actual = await runGraph(lower(withOutputs(graph, outputs), portable), all);
      names.forEach((name, i) => expect(relativeError(actual[i], expected[i].data), name).toBeLessThan(1e-4));
    };
    await check(whole, wanted);
    await check(
      fixed.graph,
      names.map((name) => fixed.gradients.get(name)!),
    );
  });
});
