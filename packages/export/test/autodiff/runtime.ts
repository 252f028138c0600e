/** Graphs with several outputs in ONNX Runtime, beside the reference in float64. */
import type { Values } from "@ncsn/core";
import { encodeModel, tape, type Graph } from "@ncsn/export";
import { InferenceSession, Tensor } from "onnxruntime-node";

/** The graph with these values as its only outputs, under names of their own. */
export function withOutputs(graph: Graph, names: readonly string[]): Graph {
  const recording = tape(graph.name, { ...graph, outputs: [] });
  names.forEach((name, i) => recording.output(`output ${i}`, recording.graph().values.get(name)!));
  return recording.graph();
}

/**
 * Runs a graph whose inputs are float32, with every node on the one provider.
 * @returns its outputs in order
 */
export async function runGraph(
  graph: Graph,
  feeds: Readonly<Record<string, Values>>,
  provider: "cpu" | "webgpu" = "cpu",
): Promise<Float32Array[]> {
  const session = await InferenceSession.create(encodeModel(graph), {
    executionProviders: [provider],
    intraOpNumThreads: 1,
    logSeverityLevel: 3,
    ...(provider !== "cpu" && { extra: { session: { disable_cpu_ep_fallback: "1" } } }),
  });
  const tensors = Object.entries(feeds).map(
    ([name, { shape, data }]) => [name, new Tensor("float32", Float32Array.from(data), shape)] as const,
  );
  const results = await session.run(Object.fromEntries(tensors));
  const outputs = graph.outputs.map(({ name }) => results[name].data as Float32Array);
  await session.release();
  return outputs;
}
