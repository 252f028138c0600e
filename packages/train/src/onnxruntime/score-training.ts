import { applyScore, classCount, summarize, type Matching, type ScoreModel, type Shape } from "@ncsn/core";
import { onnxNn, vjp, type Binder, type Dimension, type Tape, type Value } from "@ncsn/export";
import { refuseObstacles } from "./training-graph.ts";
import { declare, elements, type BatchInputs, type Training } from "./training.ts";
import { weightsOf } from "./weights.ts";

/** A score model to train on images of one shape. */
export interface ScoreTask {
  readonly model: ScoreModel;
  /** [C, H, W] */
  readonly shape: Shape;
  /** `denoising` unless told. */
  readonly matching?: Matching;
}

/**
 * Score matching. Inputs: x [batch, C, H, W], noisy; sigma [batch]; root [batch, 1, 1, 1], √weight(σ); target
 * [batch, C, H, W], −√weight·z/σ, or v where the matching is sliced; label int32 [batch] for networks with classes.
 * The loss is the mean over pixels of (root·score − target)², or of root²·(score² + 2·v·(vᵀ∂score/∂x)).
 */
export function scoreTraining({ model, shape, matching = "denoising" }: ScoreTask): Training {
  const labelled = classCount(model) > 0;
  const inputs: BatchInputs = {
    sigma: { type: "float32", shape: [], fill: 1 },
    root: { type: "float32", shape: [1, 1, 1], fill: 0 },
    x: { type: "float32", shape, fill: 0 },
    target: { type: "float32", shape, fill: 0 },
    ...(labelled && { label: { type: "int32", shape: [], fill: -1 } }),
  };

  const network = (recording: Tape, batch: Dimension, bind: Binder): Value => {
    const x = declare(recording, inputs, "x", batch);
    // a vector of the vocabulary is an image of one pixel
    const pixel = int64(recording, [-1, 1, 1, 1]);
    const vector = (name: string): Value =>
      recording.op("Reshape", [declare(recording, inputs, name, batch), pixel]);
    const sigma = vector("sigma");
    return applyScore(onnxNn(recording, bind), model, x, sigma, labelled ? vector("label") : undefined);
  };
  const { parameters } = summarize(model, shape);

  return {
    parameters,
    weights: weightsOf(network, parameters),
    inputs,
    network,
    loss(recording, score, batch) {
      const root = declare(recording, inputs, "root", batch);
      const target = declare(recording, inputs, "target", batch);
      const perPixel = losses[matching](recording, score, root, target);
      const summed = recording.op("ReduceSum", [perPixel, int64(recording, [1, 2, 3])], { keepdims: 0 });
      return recording.op("Mul", [summed, 1 / elements(shape)]);
    },
  };
}

/** What is averaged over pixels, by matching. */
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

const int64 = (on: Tape, numbers: readonly number[]): Value =>
  on.constant([...numbers], undefined, { type: "int64" });
