/**
 * A training step as ONNX graphs: weights and a batch in, the loss of each image and the gradient by the weights out.
 * Weights (`weights.ts`) and gradient are one flat vector each; the optimiser works on the parameters outside.
 */
import type { Matching, ScoreModel, Shape } from "@ncsn/core";
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
  vjp,
  type Binder,
  type Binding,
  type Graph,
  type Tape,
  type Value,
} from "@ncsn/export";
import { NotTrainableError } from "../engine.ts";
import { scoreNodes } from "./score-nodes.ts";
import type { Weights } from "./weights.ts";

/** Which convolutions a graph is written with. */
export type Lowering =
  /** ONNX's standard operators, for every device. */
  | { readonly kind: "portable" }
  /** ONNX Runtime's own on CPU, for its block size of channels there. */
  | { readonly kind: "blocked"; readonly block: number };

/** A network to train on images of one shape. */
export interface Training {
  readonly model: ScoreModel;
  /** [C, H, W] */
  readonly shape: Shape;
  readonly weights: Weights;
  /** `denoising` unless told. */
  readonly matching?: Matching;
}

/** A training step in two graphs, so that what belongs to the weights is not done again for every few images. */
export interface TrainingGraphs {
  /** weights → what `body` takes of them, in the layout of its convolutions. */
  readonly layout: Graph;
  /** What `layout` makes and a batch → as {@link trainingGraph}. */
  readonly body: Graph;
}

/** Names of the inputs that hold a batch. */
const batchInputs = ["x", "sigma", "root", "target", "label"];

/**
 * {@link trainingGraph} in two parts, of which the first is run once a step.
 * @throws NotTrainableError before anything runs, where an operator of the network has no gradient
 */
export function trainingGraphs(training: Training, batch: number, lowering: Lowering): TrainingGraphs {
  const { before, after } = splitByData(trainingGraph(training, batch, lowering), batchInputs);
  return { layout: before, body: after };
}

/**
 * The loss of `batch` images and its gradient.
 *
 * Inputs, float32: weights [P]; x [batch, C, H, W], noisy; sigma [batch]; root [batch, 1, 1, 1], √weight(σ); target
 * [batch, C, H, W], −√weight·z/σ, or v where the matching is sliced; label int32 [batch] for networks with classes.
 * Outputs: loss [batch], the mean over pixels of (root·score − target)², or of root²·(score² + 2·v·(vᵀ∂score/∂x)), and
 * gradient [P] of their sum, which may be added up over batches.
 * @throws NotTrainableError before anything runs, where an operator of the network has no gradient
 */
export function trainingGraph(
  { model, shape, weights, matching = "denoising" }: Training,
  batch: number,
  lowering: Lowering,
): Graph {
  const recording = tape("training");
  const { bind, leaves } = flatWeights(recording, weights);
  const { op } = recording;
  const score = scoreNodes(recording, model, shape, batch, bind);
  const root = recording.input("root", "float32", [batch, 1, 1, 1]);
  const target = recording.input("target", "float32", [batch, ...shape]);
  const perPixel = losses[matching](recording, score, root, target);
  const summed = op("ReduceSum", [perPixel, int64(recording, [1, 2, 3])], { keepdims: 0 });
  const loss = op("Mul", [summed, 1 / elements(shape)]);
  const total = op("ReduceSum", [loss, int64(recording, [0])], { keepdims: 1 });

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

/** What is averaged over pixels, by matching; see {@link trainingGraph}. */
const losses: Record<Matching, (recording: Tape, score: Value, root: Value, target: Value) => Value> = {
  denoising({ op }, score, root, target) {
    const residual = op("Sub", [op("Mul", [score, root]), target]);
    return op("Mul", [residual, residual]);
  },
  sliced(recording, score, root, v) {
    const { op } = recording;
    refuseObstacles(recording, score, ["x"]);
    const slope = vjp(recording, score, v, ["x"]).get("x") as Value;
    const along = op("Mul", [op("Mul", [v, slope]), 2]);
    return op("Mul", [op("Add", [op("Mul", [score, score]), along]), op("Mul", [root, root])]);
  },
};

/** @throws NotTrainableError for the first node between `wrt` and the output that has no gradient */
function refuseObstacles(recording: Tape, output: Value, wrt: readonly string[]): void {
  const [first] = undifferentiable(recording.graph(), output.name, wrt);
  if (first !== undefined) throw new NotTrainableError(`cannot train this network: ${first.message}`);
}

/** The score for any number of images: weights [P], x, sigma, label? → score. */
export function scoringGraph({ model, shape, weights }: Training): Graph {
  const recording = tape("scoring");
  const { bind } = flatWeights(recording, weights);
  recording.output("score", scoreNodes(recording, model, shape, "batch", bind));
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

const elements = (shape: Shape): number => shape.reduce((a, b) => a * b, 1);
