/**
 * Autoguidance (Karras et al. 2024, "Guiding a diffusion model with a bad version of itself"): two models in one file,
 * whose score is the better one's, led away from the worse one's.
 */
import { cardKey, readCard, type Card } from "@ncsn/core";
import { decodeModel } from "./decode.ts";
import { encodeModel } from "./encode.ts";
import { graphProbe } from "./graph-score.ts";
import { tape, type Graph, type Tape } from "./graph.ts";
import { simplify } from "./passes/index.ts";
import type { Dimension, Value } from "./value.ts";

/** The weight of a guide unless told. */
export const usualGuidance = 1;

/** Largest difference of two maps from pixels to model units, in parts of the map's scale. */
const sameUnits = 1e-6;

/**
 * A model file whose score is s + w·(s − g) = (1 + w)·s − w·g: s is `main`'s, g `guide`'s. The card is `main`'s and tells
 * of the guide; its probe is the guided score, worked out in float64.
 * @param main bytes of a file made by `exportModel`
 * @param guide the same of a network that was made smaller or trained for a shorter time, on the same data
 * @param weight w; 0 is `main` alone
 * @param progress told after each score of the probe
 * @throws RangeError where the weight is not finite, CardError, TypeError where the two do not go together: their shapes,
 * units, classes or batch differ, or one is guided or halved already
 */
export function guidedModel(
  main: Uint8Array,
  guide: Uint8Array,
  weight: number,
  progress?: (done: number, total: number) => void,
): Uint8Array {
  const graph = guidedGraph(main, guide, weight);
  const card = readCard(main);
  const { name, training } = readCard(guide);
  const guided: Card = {
    ...card,
    guide: { name, weight, training },
    probe: graphProbe(graph, card, progress),
  };
  const { metadata } = decodeModel(main);
  return encodeModel(graph, { ...Object.fromEntries(metadata), [cardKey]: JSON.stringify(guided) });
}

/**
 * The graph of {@link guidedModel}. The networks share their inputs; each clips σ to its own range. A guide without
 * classes takes no label.
 * @throws as {@link guidedModel}
 */
export function guidedGraph(main: Uint8Array, guide: Uint8Array, weight: number): Graph {
  if (!Number.isFinite(Math.fround(weight)))
    throw new RangeError(`invalid guidance: ${weight} (need a finite number)`);
  checkPair(readCard(main), readCard(guide));
  const graphs = { main: decodeModel(main).graph, guide: decodeModel(guide).graph };

  const recording = tape(graphs.main.name);
  const inputs = new Map(
    graphs.main.inputs.map(({ name, type, shape: [batch, ...rest] }) => {
      const other = graphs.guide.inputs.find((input) => input.name === name)?.shape[0] ?? batch;
      return [name, recording.input(name, type, [commonBatch(batch, other), ...rest])];
    }),
  );
  const score = replay(recording, graphs.main, inputs, "main");
  const worse = replay(recording, graphs.guide, inputs, "guide");
  // As a difference the sum is exactly `main` where both agree, and where w is 0.
  const away = recording.op("Mul", [recording.op("Sub", [score, worse]), weight]);
  recording.output("score", recording.op("Add", [score, away]));
  return simplify(recording.graph());
}

/** Records a graph's nodes once more, under names that begin with `prefix`. @returns its score */
function replay(
  recording: Tape,
  graph: Graph,
  inputs: ReadonlyMap<string, Value>,
  prefix: "main" | "guide",
): Value {
  const known = new Map(inputs);
  for (const { name, data, shape, type } of graph.constants.values())
    known.set(name, recording.constant(data, shape, { type, name: `${prefix}.${name}` }));
  for (const { name, op, inputs: read, outputs, attributes } of graph.nodes) {
    const operands = read.map((input) => known.get(input)); // undefined where an optional input is absent
    const made = recording.ops(op, operands, attributes, `${prefix}.${name}`);
    outputs.forEach((output, i) => known.set(output, made[i]));
  }
  const score = known.get("score");
  if (score === undefined) throw new TypeError(`the ${prefix} graph ${graph.name} has no score`);
  return score;
}

/** The number of images that both files take; one made for any number takes the other's. */
function commonBatch(main: Dimension, guide: Dimension): Dimension {
  if (typeof main !== "number") return guide;
  if (typeof guide === "number" && guide !== main)
    throw new TypeError(`the guide takes ${guide} images a call, the model ${main}: they must agree`);
  return main;
}

/** @throws TypeError where no score can be made of the scores of both */
function checkPair(main: Card, guide: Card): void {
  for (const { name, guide: own, weights } of [main, guide]) {
    if (own !== undefined) throw new TypeError(`${name} is guided already, by ${own.name}`);
    if (weights !== undefined)
      throw new TypeError(`the weights of ${name} are ${weights} (guide with float32 weights, then halve)`);
  }
  const agree = `of the model ${main.name}: they must agree`;
  if (guide.shape.join() !== main.shape.join())
    throw new TypeError(
      `the shape of the guide ${guide.name} is [${guide.shape.join(", ")}], [${main.shape.join(", ")}] ${agree}`,
    );
  const { scale, offset } = main.pixels;
  const allowed = sameUnits * Math.abs(scale);
  const [scaled, moved] = [guide.pixels.scale - scale, guide.pixels.offset - offset];
  if (Math.abs(scaled) > allowed || Math.abs(moved) > allowed)
    throw new TypeError(
      `the units of the guide ${guide.name} are ${guide.pixels.scale}·pixel + ${guide.pixels.offset}, ${scale}·pixel + ${offset} ${agree} (train both on the same data by the same recipe)`,
    );
  if (guide.classes === undefined) return;
  if (main.classes === undefined)
    throw new TypeError(
      `the guide ${guide.name} knows classes, the model ${main.name} none (need a guide without)`,
    );
  if (guide.classes.join() !== main.classes.join())
    throw new TypeError(
      `the classes of the guide ${guide.name} are ${guide.classes.join(", ")}; ${main.classes.join(", ")} ${agree}`,
    );
}
