/**
 * A training step as ONNX graphs: weights and a batch in, the loss of each image and the gradient by the weights out.
 * Weights (`weights.ts`) and gradient are one flat vector each; the optimiser works on the parameters outside.
 */
import {
  differentiate,
  fuseSums,
  lower,
  portable,
  removeDead,
  splitByData,
  tape,
  toBlocked,
  undifferentiable,
  type Binder,
  type Binding,
  type Graph,
  type Tape,
  type Value,
} from "@ncsn/export";
import { NotTrainableError } from "../engine.ts";
import { elements, type Training } from "./training.ts";
import type { Weights } from "./weights.ts";

/** Which convolutions a graph is written with. */
export type Lowering =
  /** ONNX's standard operators, for every device. */
  | { readonly kind: "portable" }
  /** ONNX Runtime's own on CPU, for its block size of channels there. */
  | { readonly kind: "blocked"; readonly block: number };

/** A training step in two graphs, so that what belongs to the weights is not done again for every few images. */
export interface TrainingGraphs {
  /** weights → what `body` takes of them, in the layout of its convolutions. */
  readonly layout: Graph;
  /** What `layout` makes and a batch → as {@link trainingGraph}. */
  readonly body: Graph;
}

/**
 * {@link trainingGraph} in two parts, of which the first is run once a step.
 * @throws NotTrainableError before anything runs, where an operator of the network has no gradient
 */
export function trainingGraphs(training: Training, batch: number, lowering: Lowering): TrainingGraphs {
  const graph = trainingGraph(training, batch, lowering);
  const { before, after } = splitByData(graph, Object.keys(training.inputs));
  return { layout: before, body: after };
}

/**
 * The loss of `batch` images and its gradient.
 *
 * Inputs: weights float32 [P], and those of the training with `batch` images. Outputs: loss [batch], and gradient [P]
 * of their sum, which may be added up over batches.
 * @throws NotTrainableError before anything runs, where an operator of the network has no gradient
 */
export function trainingGraph(training: Training, batch: number, lowering: Lowering): Graph {
  const recording = tape("training");
  const { bind, leaves } = flatWeights(recording, training.weights);
  const loss = training.loss(recording, training.network(recording, batch, bind), batch);
  const total = recording.op("ReduceSum", [loss, int64(recording, [0])], { keepdims: 1 });

  refuseObstacles(recording, total, leaves);
  const { graph, gradients } = differentiate(recording.graph(), total.name, leaves);
  const whole = tape("training", graph);
  const rows = leaves.map((name) => {
    const gradient = graph.values.get(gradients.get(name) as string);
    return whole.op("Reshape", [gradient, int64(whole, [-1])]);
  });
  whole.output("loss", loss);
  whole.output("gradient", rows.length === 1 ? rows[0] : whole.op("Concat", rows, { axis: 0 }));
  const complete = removeDead(whole.graph());
  if (lowering.kind === "portable") return removeDead(lower(complete, portable));
  return removeDead(fuseSums(lower(toBlocked(complete, lowering.block), portable)));
}

/** @throws NotTrainableError for the first node between `wrt` and the output that has no gradient */
export function refuseObstacles(recording: Tape, output: Value, wrt: readonly string[]): void {
  const [first] = undifferentiable(recording.graph(), output.name, wrt);
  if (first !== undefined) throw new NotTrainableError(`cannot train this network: ${first.message}`);
}

/** What the network says of any number of images: weights [P] and its inputs → said. */
export function networkGraph(training: Training): Graph {
  const recording = tape("network");
  const { bind } = flatWeights(recording, training.weights);
  recording.output("said", training.network(recording, "batch", bind));
  return removeDead(recording.graph());
}

/** One input for all weights, cut into what the network asks for, and the names of the parts. */
function flatWeights(
  recording: Tape,
  { size, bindings }: Weights,
): { bind: Binder; leaves: readonly string[] } {
  const flat = recording.input("weights", "float32", [size]);
  const leaves: string[] = [];
  const parts: Value[] = [];
  let at = 0;
  for (const { name, as } of bindings) {
    const end = at + elements(as);
    const range = [[at], [end], [0]].map((numbers) => int64(recording, numbers));
    const part = recording.op("Slice", [flat, ...range], {}, `${name}.flat`);
    const leaf = recording.op("Reshape", [part, int64(recording, as)], {}, name);
    parts.push(leaf);
    leaves.push(leaf.name);
    at = end;
  }
  let used = 0;
  const bind: Binder = (_, { name }: Binding) => {
    if (bindings[used]?.name !== name) throw new Error(`the network asks for ${name} out of turn`);
    return parts[used++];
  };
  return { bind, leaves };
}

const int64 = (on: Tape, numbers: readonly number[]): Value =>
  on.constant([...numbers], undefined, { type: "int64" });
