/**
 * A training step as an ONNX graph: parameters and a batch in, the loss of each image and the gradient out. Parameters
 * and gradient are one flat vector each, in the order of the network's table and canonical layout; the optimiser works
 * on those outside.
 */
import { applyScore, summarize, type Parameter, type ScoreModel, type Shape } from "@ncsn/core";
import {
  differentiate,
  inputBinder,
  lower,
  onnxNn,
  portable,
  removeDead,
  tape,
  toBlocked,
  undifferentiable,
  type Binder,
  type Dimension,
  type Graph,
  type Tape,
  type Value,
} from "@ncsn/export";

/** Which convolutions a graph is written with. */
export type Lowering =
  /** ONNX's standard operators, for every device. */
  | { readonly kind: "portable" }
  /** ONNX Runtime's own on CPU, for its block size of channels there. */
  | { readonly kind: "blocked"; readonly block: number };

/** A network or option whose gradient is not known; the message names the operator. */
export class NotTrainableError extends Error {
  override readonly name = "NotTrainableError";
}

/**
 * The loss and its gradient for `batch` images.
 *
 * Inputs, float32: parameters [P]; x [batch, C, H, W], noisy; sigma [batch]; root [batch, 1, 1, 1], √weight(σ); target
 * [batch, C, H, W], −√weight·z/σ; label [batch] for networks with classes. Outputs: loss [batch], the mean over pixels
 * of (root·score − target)², and gradient [P] of their sum.
 * @throws NotTrainableError before anything runs, where an operator of the network has no gradient
 */
export function trainingGraph(model: ScoreModel, shape: Shape, batch: number, lowering: Lowering): Graph {
  const recording = tape("training");
  const { parameters } = summarize(model, shape);
  const { bind, leaves } = flatParameters(recording, parameters);
  const { score } = scoreNodes(recording, model, shape, batch, bind);
  const root = recording.input("root", "float32", [batch, 1, 1, 1]);
  const target = recording.input("target", "float32", [batch, ...shape]);

  const { op } = recording;
  const residual = op("Sub", [op("Mul", [score, root]), target]);
  const squares = op("ReduceSum", [op("Mul", [residual, residual]), int64(recording, [1, 2, 3])], {
    keepdims: 0,
  });
  const loss = op("Mul", [squares, 1 / elements(shape)]);
  const total = op("ReduceSum", [loss, int64(recording, [0])], { keepdims: 1 });

  const names = parameters.map(({ name }) => (leaves.get(name) as Value).name);
  const obstacles = undifferentiable(recording.graph(), total.name, names);
  if (obstacles.length > 0) throw new NotTrainableError(`cannot train this network: ${obstacles[0].message}`);
  const { graph, gradients } = differentiate(recording.graph(), total.name, names);

  const whole = tape("training", graph);
  const parts = names.map((name) => {
    const gradient = graph.values.get(gradients.get(name) as string);
    return whole.op("Reshape", [gradient, int64(whole, [-1])]);
  });
  whole.output("loss", loss);
  whole.output("gradient", parts.length === 1 ? parts[0] : whole.op("Concat", parts, { axis: 0 }));
  const complete = removeDead(whole.graph());
  const laidOut = lowering.kind === "blocked" ? toBlocked(complete, lowering.block) : complete;
  return removeDead(lower(laidOut, portable));
}

/** The score with parameters for an input, for any number of images: parameters [P], x, sigma, label? → score. */
export function scoringGraph(model: ScoreModel, shape: Shape): Graph {
  const recording = tape("scoring");
  const { bind } = flatParameters(recording, summarize(model, shape).parameters);
  recording.output("score", scoreNodes(recording, model, shape, "batch", bind).score);
  return removeDead(recording.graph());
}

/** The network on a tape, with its inputs x, sigma and label. */
function scoreNodes(
  recording: Tape,
  model: ScoreModel,
  shape: Shape,
  batch: Dimension,
  bind: Binder,
): { score: Value } {
  const x = recording.input("x", "float32", [batch, ...shape]);
  const pixel = int64(recording, [-1, 1, 1, 1]); // a vector of the vocabulary is an image of one pixel
  const sigma = recording.op("Reshape", [recording.input("sigma", "float32", [batch]), pixel]);
  const { classes = 0 } = model.network.options as { classes?: number };
  const label =
    classes > 0 ? recording.op("Reshape", [recording.input("label", "int32", [batch]), pixel]) : undefined;
  return { score: applyScore(onnxNn(recording, bind), model, x, sigma, label) };
}

/** One input for all parameters, cut into each. */
function flatParameters(
  recording: Tape,
  parameters: readonly Parameter[],
): { bind: Binder; leaves: ReadonlyMap<string, Value> } {
  const size = parameters.reduce((sum, { shape }) => sum + elements(shape), 0);
  const flat = recording.input("parameters", "float32", [size]);
  const leaves = new Map<string, Value>();
  let at = 0;
  for (const { name, shape } of parameters) {
    const end = at + elements(shape);
    const range = [[at], [end], [0]].map((numbers) => int64(recording, numbers));
    const part = recording.op("Slice", [flat, ...range], {}, `${name}.flat`);
    leaves.set(name, recording.op("Reshape", [part, int64(recording, shape)], {}, name));
    at = end;
  }
  const normalise = inputBinder();
  const bind: Binder = (on, binding) =>
    normalise({ ...on, input: (name: string) => leaves.get(name) as Value }, binding);
  return { bind, leaves };
}

const int64 = (on: Tape, numbers: readonly number[]): Value =>
  on.constant([...numbers], undefined, { type: "int64" });

const elements = (shape: Shape): number => shape.reduce((a, b) => a * b, 1);
