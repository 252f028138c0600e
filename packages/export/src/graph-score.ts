/** Scores of a model's graph in float64, which are what its file should say. */
import { probeInputs, values, type Card, type Probe } from "@ncsn/core";
import { evaluate } from "./evaluate/index.ts";
import type { Graph } from "./graph.ts";

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

/**
 * The probe of a file that no engine trained: a card's own, with the scores that a graph has in float64.
 * @param progress told after each score
 */
export function graphProbe(
  graph: Graph,
  { probe, shape, sigmaData }: Pick<Card, "probe" | "shape" | "sigmaData">,
  progress?: (done: number, total: number) => void,
): Probe {
  const x = probeInputs(
    probe,
    shape.reduce((a, b) => a * b, 1),
    sigmaData,
  );
  const sigma = Float64Array.from(probe.sigmas, Math.fround); // as a runtime is given them
  const scores = probe.sigmas.map((_, row) => {
    const score = graphScore(graph, { x, sigma, label: probe.labels }, row, shape);
    progress?.(row + 1, probe.sigmas.length);
    return probe.positions.map((position) => score[position]);
  });
  return { ...probe, scores };
}
