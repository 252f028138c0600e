import { classifier, summarizeClassifier, type ClassifierOptions, type Shape } from "@ncsn/core";
import { onnxNn, type Binder, type Dimension, type Tape, type Value } from "@ncsn/export";
import { declare, type BatchInputs, type Training } from "./training.ts";
import { weightsOf } from "./weights.ts";

/**
 * Classification by cross-entropy. Inputs: x [batch, C, H, W] in pixels; label int32 [batch], −1 for an image that
 * does not count. The loss is −ln of the probability of the label, the softmax of the network's logits. There is no
 * engine of it on TensorFlow.js.
 */
export function classifierTraining(options: Readonly<ClassifierOptions>, shape: Shape): Training {
  const { classes } = options;
  const inputs: BatchInputs = {
    x: { type: "float32", shape, fill: 0 },
    label: { type: "int32", shape: [], fill: -1 },
  };
  const network = (recording: Tape, batch: Dimension, bind: Binder): Value => {
    const x = declare(recording, inputs, "x", batch);
    const { logits } = classifier.apply(onnxNn(recording, bind), x, options);
    return recording.op("Reshape", [logits, int64(recording, [-1, classes])]);
  };
  const { parameters } = summarizeClassifier(options, shape);

  return {
    parameters,
    weights: weightsOf(network, parameters),
    inputs,
    network,
    loss(recording, logits, batch) {
      const { op } = recording;
      const label = op("Reshape", [declare(recording, inputs, "label", batch), int64(recording, [-1, 1])]);
      const columns = Array.from({ length: classes }, (_, i) => i);
      const chosen = op("Equal", [label, recording.constant(columns, [1, classes], { type: "int32" })]);
      const logProbability = op("LogSoftmax", [logits], { axis: 1 });
      const kept = op("Mul", [logProbability, op("Cast", [chosen], { to: 1 })]);
      return op("Neg", [op("ReduceSum", [kept, int64(recording, [1])], { keepdims: 0 })]);
    },
  };
}

const int64 = (on: Tape, numbers: readonly number[]): Value =>
  on.constant([...numbers], undefined, { type: "int64" });
