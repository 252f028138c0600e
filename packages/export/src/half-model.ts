/** Model files of half the size: their weights are float16, what they compute with is float32. */
import { cardKey, probeInputs, readCard, values, type Card } from "@ncsn/core";
import { decodeModel } from "./decode.ts";
import { encodeModel } from "./encode.ts";
import { evaluate } from "./evaluate/index.ts";
import type { Graph } from "./graph.ts";
import { halveWeights, leastNumbers } from "./passes/halve-weights.ts";

/**
 * A model file with its weights rounded to float16 (`halveWeights`). The card says so, and its probe is the rounded
 * model's own, worked out in float64: a runtime verifies the file that it was given, as closely as any other.
 * @param model bytes of a file made by `exportModel`
 * @param progress told after each score of the probe
 * @throws TypeError where its weights are float16 already, or all of them small; RangeError where one is beyond float16's range; CardError
 */
export function halfModel(model: Uint8Array, progress?: (done: number, total: number) => void): Uint8Array {
  const card = readCard(model);
  if (card.weights !== undefined)
    throw new TypeError(`the weights of ${card.name} are ${card.weights} already`);
  const { graph, metadata } = decodeModel(model);
  const half = halveWeights(graph);
  if (half.nodes.length === graph.nodes.length)
    throw new TypeError(
      `${card.name} has no weights of ${leastNumbers} numbers or more: there is nothing to halve`,
    );
  const { probe, shape, sigmaData } = card;
  const dimension = shape.reduce((a, b) => a * b, 1);
  const x = probeInputs(probe, dimension, sigmaData);
  const sigma = Float64Array.from(probe.sigmas, Math.fround); // as a runtime is given them
  const scores = probe.sigmas.map((_, row) => {
    const score = graphScore(half, { x, sigma, label: probe.labels }, row, shape);
    progress?.(row + 1, probe.sigmas.length);
    return probe.positions.map((position) => score[position]);
  });
  const halved: Card = { ...card, weights: "float16", probe: { ...probe, scores } };
  return encodeModel(half, { ...Object.fromEntries(metadata), [cardKey]: JSON.stringify(halved) });
}

/** Images to score, one after another, with a noise level each, model units. */
export interface ScoredInputs {
  readonly x: Float32Array;
  readonly sigma: ArrayLike<number>;
  /** Classes, for a model that knows some. */
  readonly label?: ArrayLike<number> | undefined;
}

/** The score of image `i` by a model's graph, in float64 throughout. */
export function graphScore(
  graph: Graph,
  { x, sigma, label }: ScoredInputs,
  i: number,
  shape: Card["shape"],
): Float64Array {
  const dimension = shape.reduce((a, b) => a * b, 1);
  // A file of one batch size is given the image that many times.
  const batch = graph.inputs.find(({ name }) => name === "x")?.shape[0];
  const count = typeof batch === "number" ? batch : 1;
  const image = x.subarray(i * dimension, (i + 1) * dimension);
  const images = Float64Array.from({ length: count * dimension }, (_, at) => image[at % dimension]);
  const each = (value: number) => values([count], new Float64Array(count).fill(value));
  const feeds = {
    x: values([count, ...shape], images),
    sigma: each(sigma[i]),
    ...(label && { label: each(label[i]) }),
  };
  const score = evaluate(graph, feeds, ["score"]).get("score");
  if (score === undefined) throw new TypeError(`the graph ${graph.name} has no score`);
  return score.data.subarray(0, dimension);
}
