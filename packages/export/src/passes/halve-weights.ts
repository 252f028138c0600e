import { nearestFloat16 } from "../float16.ts";
import type { Constant, Graph, Node } from "../graph.ts";
import { elementTypes } from "../operators.ts";
import type { Value } from "../value.ts";

/** Weights of fewer numbers stay as they are: there is nothing to gain by them. */
export const leastNumbers = 1024;

/**
 * Rounds the weights of convolutions to float16 and keeps them so, each with a Cast to float32 behind it.
 * Requires: a graph that is simplified, whose weights no shape is read from.
 * Ensures: the same graph but for the rounding: the Casts are of constants, so that a runtime carries them out once, as
 * it loads the file, and computes in float32 as ever. Biases, scalars and frequencies stay float32, and so do weights of
 * fewer than 1,024 numbers.
 * @throws RangeError where a weight is beyond float16's range
 */
export function halveWeights(graph: Graph): Graph {
  const weights = new Set(graph.nodes.filter(({ op }) => op === "Conv").map(({ inputs }) => inputs[1]));
  const constants = new Map<string, Constant>();
  const values = new Map(graph.values);
  const casts: Node[] = [];
  for (const [name, constant] of graph.constants) {
    if (!weights.has(name) || !isLarge(constant)) {
      constants.set(name, constant);
      continue;
    }
    const half: Constant = { ...rounded(constant), name: unusedName(`${name}.float16`, values) };
    constants.set(half.name, half);
    values.set(half.name, half);
    values.set(name, { name, type: "float32", shape: constant.shape });
    casts.push({
      name: unusedName(`${name}.Cast`, values),
      op: "Cast",
      inputs: [half.name],
      outputs: [name],
      attributes: { to: elementTypes.float32 },
    });
  }
  return { ...graph, nodes: [...casts, ...graph.nodes], constants, values };
}

/** Weights of one input channel and one pixel are factors, as the frequencies of Fourier features are. */
const isLarge = ({ type, shape, data }: Constant): boolean =>
  type === "float32" && data.length >= leastNumbers && data.length > shape[0];

function rounded(constant: Constant): Constant {
  try {
    return { ...constant, type: "float16", data: constant.data.map(nearestFloat16) };
  } catch (error) {
    throw new RangeError(`cannot halve ${constant.name}: ${(error as Error).message}`, { cause: error });
  }
}

function unusedName(base: string, values: ReadonlyMap<string, Value>): string {
  let name = base;
  for (let count = 2; values.has(name); count++) name = `${base}_${count}`;
  return name;
}
