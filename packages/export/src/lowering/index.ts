/**
 * Lowering: internal operators written as those that a device has. What is best differs by device, so a device is a
 * table of rules, one per operator; operators without one stay as they are.
 */
import { tape, type Constant, type Graph, type Node, type Operand } from "../graph.ts";
import type { Attributes, OpType } from "../operators.ts";
import type { Value } from "../value.ts";

/** What a lowering rule sees of a node, and what it writes others with. */
export interface LoweringCall {
  readonly node: Node;
  /** Where an optional input is absent there is no element. */
  readonly inputs: readonly Value[];
  readonly output: Value;
  /** Adds a node. */
  readonly op: (op: OpType, operands: readonly Operand[], attributes?: Attributes) => Value;
  /** A float32 constant. */
  readonly constant: (numbers: ArrayLike<number>, shape: readonly number[]) => Value;
  /** A list of axes, sizes or positions as int64. */
  readonly int64: (numbers: readonly number[]) => Value;
  /** The constant that input `i` is; undefined where it is none. */
  readonly known: (i: number) => Constant | undefined;
}

/** Writes a node as others that make a value of the same shape, or returns undefined to leave it. */
export type LoweringRule = (call: LoweringCall) => Value | undefined;

export type LoweringRules = Readonly<Partial<Record<OpType, LoweringRule>>>;

/**
 * Applies a device's rules to every node once.
 * Ensures: the same inputs and outputs, and every value that is not lowered keeps its name.
 */
export function lower(graph: Graph, rules: LoweringRules): Graph {
  // Names are taken by the whole graph; the nodes are put in order again below.
  const recording = tape(graph.name, graph);
  const { values, constants, nodes: recorded } = recording.graph();
  const nodes: Node[] = [];
  const lowered = new Map<string, string>();
  const outputs = new Set(graph.outputs.map(({ name }) => name));

  for (const original of graph.nodes) {
    const node = { ...original, inputs: original.inputs.map((name) => lowered.get(name) ?? name) };
    const start = recorded.length;
    const result = rules[node.op]?.({
      node,
      inputs: node.inputs.map((name) => values.get(name) as Value),
      output: values.get(node.outputs[0]) as Value,
      op: (op, operands, attributes = {}) => recording.op(op, operands, attributes, `${node.name}.${op}`),
      constant: (numbers, shape) => recording.constant(numbers, shape),
      int64: (numbers) => recording.constant(numbers, undefined, { type: "int64" }),
      known: (i) => constants.get(node.inputs[i] ?? ""),
    });
    nodes.push(...recorded.slice(start));
    if (result === undefined) nodes.push(node);
    else if (outputs.has(node.outputs[0]))
      nodes.push({ ...node, op: "Identity", inputs: [result.name], attributes: {} });
    else lowered.set(node.outputs[0], result.name);
  }
  const gone = new Set(lowered.keys());
  return { ...recording.graph(), nodes, values: new Map([...values].filter(([name]) => !gone.has(name))) };
}
