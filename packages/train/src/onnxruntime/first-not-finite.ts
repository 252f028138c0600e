/**
 * Where a batch goes wrong: the training step once more, image by image, as a graph that hands out every tensor it
 * computes.
 */
import type { Parameter } from "@ncsn/core";
import { encodeModel, type Graph, type Node, type Value } from "@ncsn/export";
import type { InferenceSession } from "onnxruntime-common";
import type { NotFinite } from "../engine.ts";
import { feedsOf, type Ort } from "./gradient-session.ts";
import { trainingGraph, type Lowering } from "./training-graph.ts";
import { cutShare, elements, imageCount, type BatchInputs, type Share, type Training } from "./training.ts";

export interface Inspection {
  readonly ort: Ort;
  readonly training: Training;
  /** That of the graphs that gave the numbers in question. */
  readonly lowering: Lowering;
  readonly session: InferenceSession.SessionOptions;
}

/**
 * The first tensor of a training step, in the order of computing, with a NaN or an infinity; undefined where no image
 * alone has one, so that it is their sum that has.
 */
export async function firstNotFinite(
  { ort, training, lowering, session: settings }: Inspection,
  weights: Float32Array,
  share: Share,
): Promise<NotFinite | undefined> {
  const { inputs } = training;
  const given = badInput(inputs, share);
  if (given !== undefined) return given;

  const { graph, tensors } = withEveryTensor(trainingGraph(training, 1, lowering));
  const producers = new Map(graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node])));
  const ofImages = dependents(graph, Object.keys(inputs));
  // Fusions of the runtime would leave tensors out.
  const session = await ort.InferenceSession.create(encodeModel(graph), {
    ...settings,
    graphOptimizationLevel: "disabled",
  });
  let found: { readonly index: number; readonly at: NotFinite } | undefined;
  for (let image = 0; image < imageCount(inputs, share); image++) {
    const made = await session.run({
      weights: new ort.Tensor("float32", weights, [weights.length]),
      ...feedsOf(ort, inputs, cutShare(inputs, share, image, image + 1)),
    });
    for (let index = 0; index < (found?.index ?? tensors.length); index++) {
      const { name, shape: dims } = tensors[index];
      const value = firstBad((await made[name].getData()) as Float32Array);
      if (value === undefined) continue;
      const op = producers.get(name)?.op ?? "";
      const layer = layerBefore(name, producers);
      const after = layer === undefined || name.startsWith(layer) ? {} : { after: layer };
      const level = ofImages.has(name) ? sigmaOf(share, image) : {};
      found = { index, at: { name, op, shape: dims.map(Number), value, ...after, ...level } };
    }
  }
  await session.release();
  return found?.at;
}

const firstBad = (values: Float32Array): number | undefined =>
  values.find((value) => !Number.isFinite(value));

/** The first parameter that is not finite, of those that lie end to end in the order of their table. */
export function firstBadParameter(
  table: readonly Parameter[],
  parameters: Float32Array,
): NotFinite | undefined {
  let at = 0;
  for (const { name, shape } of table) {
    const size = shape.reduce((a, b) => a * b, 1);
    const value = firstBad(parameters.subarray(at, (at += size)));
    if (value !== undefined) return { name, op: "parameter", shape, value };
  }
  return undefined;
}

/** Data may hold them, too. */
function badInput(inputs: BatchInputs, share: Share): NotFinite | undefined {
  for (const [name, { type, shape }] of Object.entries(inputs)) {
    if (type !== "float32") continue;
    const values = share[name] as Float32Array;
    const at = values.findIndex((value) => !Number.isFinite(value));
    if (at < 0) continue;
    const each = elements(shape);
    const level = sigmaOf(share, Math.floor(at / each));
    return { name, op: "input", shape: [1, ...(each === 1 ? [] : shape)], value: values[at], ...level };
  }
  return undefined;
}

/** The noise level of an image, where the task has such a thing. */
const sigmaOf = ({ sigma }: Share, image: number): { readonly sigma?: number } =>
  sigma === undefined ? {} : { sigma: sigma[image] };

/** The graph with every float32 tensor that a node makes as an output, and those in their order. */
function withEveryTensor(graph: Graph): { readonly graph: Graph; readonly tensors: readonly Value[] } {
  const tensors = graph.nodes
    .flatMap(({ outputs }) => outputs.map((name) => graph.values.get(name)))
    .filter((value) => value?.type === "float32") as Value[];
  return { graph: { ...graph, outputs: tensors }, tensors };
}

/** What is computed from the values of these names. */
function dependents({ nodes }: Graph, names: readonly string[]): ReadonlySet<string> {
  const found = new Set(names);
  for (const { inputs, outputs } of nodes)
    if (inputs.some((name) => found.has(name))) for (const name of outputs) found.add(name);
  return found;
}

/** The nearest layer among what a value was computed from: its nodes are called after it, LAYER.conv. */
function layerBefore(name: string, producers: ReadonlyMap<string, Node>): string | undefined {
  const seen = new Set([name]);
  for (const value of seen) {
    const [, layer] = /^(.+)\.conv/.exec(value) ?? [];
    if (layer !== undefined) return layer;
    for (const input of producers.get(value)?.inputs ?? []) seen.add(input);
  }
  return undefined;
}
