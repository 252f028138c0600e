import type { Graph, Node } from "./graph.ts";

/** Multiply-adds of a graph for an image: those of its convolutions and matrix products. */
export function multiplyAdds({ nodes, values }: Graph): number {
  const shape = (name: string): readonly number[] => (values.get(name)?.shape ?? []).map(Number);
  const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1);
  const perNumber = ({ op, inputs: [a, b] }: Node): number => {
    if (op === "Conv") return product(shape(b).slice(1));
    return op === "MatMul" ? (shape(a).at(-1) ?? 0) : 0;
  };
  return nodes.reduce((sum, node) => {
    const each = perNumber(node);
    return each === 0 ? sum : sum + each * product(shape(node.outputs[0]).slice(1));
  }, 0);
}
