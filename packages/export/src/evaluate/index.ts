/**
 * The reference for graphs: every operator in float64 on plain arrays, by the shortest code that is right. Gradients
 * and lowerings are tested against it; nothing else uses it.
 */
import type { Values } from "@ncsn/core";
import { infer, type Graph } from "../graph.ts";
import type { OpType } from "../operators.ts";
import type { runtimeOperators } from "../runtime-operators.ts";
import { typeText, type Value } from "../value.ts";
import * as convolution from "./convolution.ts";
import type { Kernel } from "./kernel.ts";
import * as matrices from "./matrices.ts";
import * as movement from "./movement.ts";
import * as pointwise from "./pointwise.ts";
import * as reductions from "./reductions.ts";
import * as sampling from "./sampling.ts";

/** The operators that have a meaning here: all but those of one runtime alone. */
type Evaluated = Exclude<OpType, keyof typeof runtimeOperators>;

const kernels: Readonly<Record<Evaluated, Kernel>> = {
  ...pointwise,
  ...convolution,
  ...sampling,
  ...reductions,
  ...matrices,
  ...movement,
};

/**
 * Computes values of a graph.
 * @param feeds an array for every input; int64, int32 and bool as float64 too
 * @param names the values wanted; the graph's outputs unless told
 * @throws TypeError where an input is missing or does not fit, or an operator has no meaning for its attributes
 */
export function evaluate(
  graph: Graph,
  feeds: Readonly<Record<string, Values>>,
  names: readonly string[] = graph.outputs.map(({ name }) => name),
): Map<string, Values> {
  const known = new Map<string, Values>(graph.constants);
  const symbols = new Map<string, number>();
  for (const input of graph.inputs) known.set(input.name, checkedFeed(input, feeds[input.name], symbols));

  const typeOf = (name: string): Value | undefined => {
    const value = graph.values.get(name);
    const found = known.get(name);
    return value && found && { ...value, shape: found.shape };
  };
  for (const node of graph.nodes) {
    const [made] = infer(node.name, node.op, node.inputs.map(typeOf), node.attributes, graph.constants);
    const shape = made.shape as readonly number[];
    const inputs = node.inputs.map((name) => known.get(name) as Values);
    if (!isEvaluated(node.op))
      throw new TypeError(`cannot evaluate ${node.op} ${node.name}: it belongs to one runtime`);
    known.set(node.outputs[0], {
      shape,
      data: kernels[node.op]({ ...node, inputs, type: made.type, shape }),
    });
  }
  return new Map(
    names.map((name) => {
      const found = known.get(name);
      if (found === undefined) throw new TypeError(`the graph ${graph.name} has no value ${name}`);
      return [name, found];
    }),
  );
}

const isEvaluated = (op: OpType): op is Evaluated => Object.hasOwn(kernels, op);

/** An input that has the declared shape, with every symbol the same number wherever it stands. */
function checkedFeed(input: Value, feed: Values | undefined, symbols: Map<string, number>): Values {
  const fits =
    feed?.shape.length === input.shape.length &&
    input.shape.every((size, axis) => {
      if (typeof size === "number") return feed.shape[axis] === size;
      if (!symbols.has(size)) symbols.set(size, feed.shape[axis]);
      return symbols.get(size) === feed.shape[axis];
    });
  if (feed === undefined || !fits)
    throw new TypeError(
      `invalid ${input.name}: ${feed ? `[${feed.shape.join(", ")}]` : "nothing"} (need ${typeText(input)})`,
    );
  return feed;
}
