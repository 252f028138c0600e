/**
 * A training step as ONNX graphs: parameters and a batch in, the loss of each image and the gradient out. Parameters
 * and gradient are one flat vector each, in the order of the network's table and canonical layout; the optimiser works
 * on those outside.
 */
import { applyScore, summarize, type Parameter, type ScoreModel, type Shape } from "@ncsn/core";
import {
  differentiate,
  fuseSums,
  inputBinder,
  lower,
  onnxNn,
  portable,
  removeDead,
  splitByData,
  tape,
  toBlocked,
  undifferentiable,
  vjp,
  type Binder,
  type Binding,
  type Differentiated,
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

/** A training step in three graphs, so that what belongs to the weights is not done again for every few images. */
export interface TrainingGraphs {
  /** parameters [P] → what `body` takes of them: weights normalised, and turned into the layout of convolutions. */
  readonly weights: Graph;
  /**
   * The outputs of `weights` and a batch → loss [batch] and the gradient of its sum by the normalised weights, one flat
   * vector "effective", which may be added up over batches.
   *
   * The batch, float32: x [batch, C, H, W], noisy; sigma [batch]; root [batch, 1, 1, 1], √weight(σ); target
   * [batch, C, H, W], −√weight·z/σ; label int32 [batch] for networks with classes. The loss of an image is the mean over
   * its pixels of (root·score − target)².
   */
  readonly body: Graph;
  /** parameters and such a sum → gradient [P]. */
  readonly finish: Graph;
}

/** Names of the inputs that hold a batch. */
const batchInputs = ["x", "sigma", "root", "target", "label"];

/**
 * The graphs of a training step for `batch` images at a time.
 * @throws NotTrainableError before anything runs, where an operator of the network has no gradient
 */
export function trainingGraphs(
  model: ScoreModel,
  shape: Shape,
  batch: number,
  lowering: Lowering,
): TrainingGraphs {
  const { parameters } = summarize(model, shape);
  const recording = tape("body");
  const uses: Use[] = [];
  const bind = recordUses(flatParameters(recording, parameters).bind, uses);
  const { loss, total } = lossNodes(recording, model, shape, batch, bind);

  const names = uses.map(({ value }) => value.name);
  const { graph, gradients } = differentiated(recording.graph(), total, names);
  const whole = tape("body", graph);
  whole.output("loss", loss);
  whole.output(
    "effective",
    flat(
      whole,
      names.map((name) => graph.values.get(gradients.get(name) as string) as Value),
    ),
  );
  const { before, after } = splitByData(lowered(whole.graph(), lowering), batchInputs);
  return {
    weights: before,
    body: after,
    finish: finishingGraph(
      parameters,
      uses.map(({ binding }) => binding),
    ),
  };
}

/** From the gradient by normalised weights to that by parameters: through the normalisation, backwards. */
function finishingGraph(parameters: readonly Parameter[], bindings: readonly Binding[]): Graph {
  const recording = tape("finish");
  const { bind, leaves } = flatParameters(recording, parameters);
  const effective = flat(
    recording,
    bindings.map((binding) => bind(recording, binding)),
  );
  const cotangent = recording.input("effective", "float32", effective.shape);
  const names = parameters.map(({ name }) => (leaves.get(name) as Value).name);
  const gradients = vjp(recording, effective, cotangent, names);
  recording.output(
    "gradient",
    flat(
      recording,
      names.map((name) => gradients.get(name) as Value),
    ),
  );
  return removeDead(recording.graph());
}

/**
 * The whole of a training step as one graph, for looking into: parameters [P] and a batch (as in
 * {@link TrainingGraphs.body}) → loss [batch] and the gradient [P] of its sum.
 * @throws NotTrainableError as {@link trainingGraphs}
 */
export function trainingGraph(model: ScoreModel, shape: Shape, batch: number, lowering: Lowering): Graph {
  const { parameters } = summarize(model, shape);
  const recording = tape("training");
  const { bind, leaves } = flatParameters(recording, parameters);
  const { loss, total } = lossNodes(recording, model, shape, batch, bind);
  const names = parameters.map(({ name }) => (leaves.get(name) as Value).name);
  const { graph, gradients } = differentiated(recording.graph(), total, names);
  const whole = tape("training", graph);
  whole.output("loss", loss);
  whole.output(
    "gradient",
    flat(
      whole,
      names.map((name) => graph.values.get(gradients.get(name) as string) as Value),
    ),
  );
  return lowered(whole.graph(), lowering);
}

/** The loss of each image, and their sum. */
function lossNodes(
  recording: Tape,
  model: ScoreModel,
  shape: Shape,
  batch: number,
  bind: Binder,
): { loss: Value; total: Value } {
  const { op } = recording;
  const { score } = scoreNodes(recording, model, shape, batch, bind);
  const root = recording.input("root", "float32", [batch, 1, 1, 1]);
  const target = recording.input("target", "float32", [batch, ...shape]);
  const residual = op("Sub", [op("Mul", [score, root]), target]);
  const pixels = int64(recording, [1, 2, 3]);
  const squares = op("ReduceSum", [op("Mul", [residual, residual]), pixels], { keepdims: 0 });
  const loss = op("Mul", [squares, 1 / elements(shape)]);
  return { loss, total: op("ReduceSum", [loss, int64(recording, [0])], { keepdims: 1 }) };
}

function differentiated(graph: Graph, total: Value, names: readonly string[]): Differentiated {
  const obstacles = undifferentiable(graph, total.name, names);
  if (obstacles.length > 0) throw new NotTrainableError(`cannot train this network: ${obstacles[0].message}`);
  return differentiate(graph, total.name, names);
}

function lowered(graph: Graph, lowering: Lowering): Graph {
  const complete = removeDead(graph);
  if (lowering.kind === "portable") return removeDead(lower(complete, portable));
  return removeDead(fuseSums(lower(toBlocked(complete, lowering.block), portable)));
}

/** Arrays laid end to end. */
function flat(on: Tape, parts: readonly Value[]): Value {
  const rows = parts.map((part) => on.op("Reshape", [part, int64(on, [-1])]));
  return rows.length === 1 ? rows[0] : on.op("Concat", rows, { axis: 0 });
}

/** What a network asked for, and what it got. */
interface Use {
  readonly binding: Binding;
  readonly value: Value;
}

const recordUses =
  (bind: Binder, uses: Use[]): Binder =>
  (on, binding) => {
    const value = bind(on, binding);
    uses.push({ binding, value });
    return value;
  };

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
