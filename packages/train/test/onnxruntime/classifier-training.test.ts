import { initialise, key, uniforms, values, type ClassifierOptions } from "@ncsn/core";
import { evaluate } from "@ncsn/export";
import { classifierTraining, trainingGraph } from "@ncsn/train";
import { openNodeGradients } from "@ncsn/train/node";
import { expect, test } from "vitest";

const options: ClassifierOptions = { classes: 3, width: 4, channels: [8, 16] };
const shape = [1, 6, 5];
const count = 5;
const training = classifierTraining(options, shape);
const parameters = initialise(training.parameters, key(1));
const weights = training.weights.ofParameters(
  Float32Array.from(training.parameters.flatMap(({ name }) => [...(parameters.get(name)?.data ?? [])])),
);
const x = Float32Array.from(uniforms(key(2), count * 30));
/** The fourth image has none, and must not count. */
const label = Int32Array.of(2, 0, 1, -1, 2);

const graph = trainingGraph(training, count, { kind: "portable" });
/** A value of the graph in float64. */
function reference(name: string, by: ArrayLike<number> = weights): Float64Array {
  const feeds = {
    weights: values([by.length], by),
    x: values([count, ...shape], x),
    label: values([count], label),
  };
  return evaluate(graph, feeds, [name]).get(name)?.data ?? new Float64Array();
}

test("the loss is -ln of the softmax at the label, and 0 without a label", () => {
  const logits = reference(graph.nodes.find(({ op }) => op === "LogSoftmax")?.inputs[0] ?? "");
  const loss = reference("loss");
  const expected = [...label].map((chosen, i) => {
    const row = [...logits.subarray(i * 3, i * 3 + 3)].map(Math.exp);
    return chosen < 0 ? 0 : -Math.log(row[chosen] / row.reduce((a, b) => a + b));
  });
  expected.forEach((value, i) => expect(loss[i]).toBeCloseTo(value, 12));
});

test("the gradient agrees with central differences of the summed loss", () => {
  const gradient = reference("gradient");
  expect(gradient.length).toBe(weights.length);
  const total = (by: Float64Array) => reference("loss", by).reduce((a, b) => a + b, 0);
  const at = Float64Array.from(weights);
  const rms = Math.sqrt(gradient.reduce((sum, g) => sum + g * g, 0) / gradient.length);
  const h = 1e-5;
  // every layer has some of these, and the last, the bias of the logits, all of it
  const places = [...at.keys()].filter((i) => i % 97 === 0 || i >= at.length - 3);
  for (const i of places) {
    const slope = (total(at.with(i, at[i] + h)) - total(at.with(i, at[i] - h))) / (2 * h);
    expect(Math.abs(gradient[i] - slope) / rms, `weight ${i}`).toBeLessThan(1e-6);
  }
});

test("ONNX Runtime gives the same losses and gradient, over runs that images do not fill", async () => {
  const gradients = await openNodeGradients({
    device: "cpu",
    training,
    batch: count,
    sessions: 2,
    microBatch: 2,
  });
  const { loss, gradient } = await gradients.gradient(weights, { x, label });
  await gradients.dispose();
  const off = (a: Float32Array, b: Float64Array) => Math.max(...b.map((value, i) => Math.abs(a[i] - value)));
  expect(off(loss, reference("loss"))).toBeLessThan(1e-5);
  expect(off(gradient, reference("gradient"))).toBeLessThan(1e-5);
});
