import type { Graph, Node } from "../graph.ts";

/**
 * Drops nodes, constants and values that no output needs.
 * Requires: nodes in computing order. Ensures: the same outputs; graph inputs stay, read or not.
 */
export function removeDead(graph: Graph): Graph {
  const needed = new Set(graph.outputs.map((value) => value.name));
  const kept: Node[] = [];
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((name) => needed.has(name))) continue;
    kept.push(node);
    node.inputs.forEach((name) => needed.add(name));
  }
  const made = new Set(kept.flatMap((node) => node.outputs));
  const given = new Set(graph.inputs.map((value) => value.name));
  return {
    ...graph,
    nodes: kept.toReversed(),
    constants: new Map([...graph.constants].filter(([name]) => needed.has(name))),
    values: new Map(
      [...graph.values].filter(([name]) => needed.has(name) || made.has(name) || given.has(name)),
    ),
  };
}
