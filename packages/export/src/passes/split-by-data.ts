import type { Graph, Node } from "../graph.ts";
import type { Value } from "../value.ts";
import { removeDead } from "./remove-dead.ts";

/** A graph in two parts, to be run one after the other. */
export interface Split {
  /** What does not depend on the data: its outputs are inputs of `after`, by the same names. */
  readonly before: Graph;
  readonly after: Graph;
}

/**
 * Parts what is the same for all data from what is not, so that it is computed once for many batches.
 * Requires: nodes in computing order. Ensures: `before`, then `after` with its outputs, computes what the graph does.
 * @param data names of the inputs that change from run to run
 */
export function splitByData(graph: Graph, data: readonly string[]): Split {
  const varying = new Set(data);
  const fixed: Node[] = [];
  const rest: Node[] = [];
  for (const node of graph.nodes) {
    const depends = node.inputs.some((name) => varying.has(name));
    if (depends) node.outputs.forEach((name) => varying.add(name));
    (depends ? rest : fixed).push(node);
  }
  const made = new Set(fixed.flatMap(({ outputs }) => outputs));
  const read = new Set([...rest.flatMap(({ inputs }) => inputs), ...graph.outputs.map(({ name }) => name)]);
  const cut = [...made].filter((name) => read.has(name)).map((name) => graph.values.get(name) as Value);
  const given = graph.inputs.filter(({ name }) => !data.includes(name));
  return {
    before: removeDead({ ...graph, name: `${graph.name}.before`, inputs: given, outputs: cut, nodes: fixed }),
    after: removeDead({
      ...graph,
      inputs: [...graph.inputs.filter(({ name }) => data.includes(name) || read.has(name)), ...cut],
      nodes: rest,
    }),
  };
}
