import type { Graph } from "../graph.ts";

/**
 * Removes the copies by which a tape names its outputs: the node that makes the value makes it under that name.
 * Requires: nodes in computing order. Ensures: copies stay where the value is a graph input, a constant or another
 * output.
 */
export function nameOutputs(graph: Graph): Graph {
  return graph.outputs.reduce((current, { name }) => {
    const copy = current.nodes.find((node) => node.op === "Identity" && node.outputs[0] === name);
    const source = copy?.inputs[0];
    const maker = current.nodes.some((node) => node.outputs.includes(source ?? ""));
    if (
      copy === undefined ||
      source === undefined ||
      !maker ||
      graph.outputs.some((value) => value.name === source)
    )
      return current;
    const renamed = (from: string): string => (from === source ? name : from);
    const values = new Map(current.values);
    values.delete(source);
    return {
      ...current,
      values,
      nodes: current.nodes
        .filter((node) => node !== copy)
        .map((node) => ({ ...node, inputs: node.inputs.map(renamed), outputs: node.outputs.map(renamed) })),
    };
  }, graph);
}
