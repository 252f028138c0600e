import { applyScore, type ScoreModel, type Shape } from "@ncsn/core";
import { onnxNn, type Binder, type Dimension, type Tape, type Value } from "@ncsn/export";

/** The score function on a tape, with its inputs x, sigma and, for networks with classes, label. */
export function scoreNodes(
  recording: Tape,
  model: ScoreModel,
  shape: Shape,
  batch: Dimension,
  bind: Binder,
): Value {
  const x = recording.input("x", "float32", [batch, ...shape]);
  // a vector of the vocabulary is an image of one pixel
  const pixel = recording.constant([-1, 1, 1, 1], undefined, { type: "int64" });
  const sigma = recording.op("Reshape", [recording.input("sigma", "float32", [batch]), pixel]);
  const { classes = 0 } = model.network.options as { classes?: number };
  const label =
    classes > 0 ? recording.op("Reshape", [recording.input("label", "int32", [batch]), pixel]) : undefined;
  return applyScore(onnxNn(recording, bind), model, x, sigma, label);
}
