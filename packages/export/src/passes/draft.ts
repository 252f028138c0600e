/** A graph while it is rewritten: what rules look at and what they may do. */
import { infer, type Constant, type Graph, type Node } from "../graph.ts";
import type { Attributes, OpType } from "../operators.ts";
import type { Value } from "../value.ts";

/**
 * A local change that keeps what the graph computes. Rules state what they require; where that is not so they do
 * nothing and return false.
 */
export type Rule = (node: Node, draft: Draft) => boolean;

export interface Draft {
  readonly nodes: readonly Node[];
  value(name: string): Value;
  constant(name: string): Constant | undefined;
  /** The node that makes a value; undefined for inputs and constants. */
  producer(name: string): Node | undefined;
  /** How many inputs of nodes and outputs of the graph read a value. */
  uses(name: string): number;
  isOutput(name: string): boolean;
  /** A constant in place of `old`: under its name where only one node reads that, else under a new one. */
  derive(old: Constant, data: Float64Array, shape?: readonly number[]): string;
  /** A new constant, named after `base`. */
  addConstant(base: string, data: Float64Array, shape: readonly number[]): string;
  /** Puts a new node before `place`. @returns the name of what it makes */
  insert(place: Node, op: OpType, inputs: readonly string[], attributes?: Attributes): string;
  /** Puts `by` in the place of `node`; it must make the values that others read. */
  replace(node: Node, by: Node): void;
  /** Lets every reader of `name` read `by` instead, and removes the node that made it. */
  bypass(node: Node, by: string): void;
}

/**
 * Applies rules until none fires.
 * @returns a graph that computes the same outputs; it may hold nodes that nothing reads any more
 */
export function rewrite(graph: Graph, rules: readonly Rule[]): Graph {
  const work = draftOf(graph);
  const pass = (): boolean => work.nodes.some((node) => rules.some((rule) => rule(node, work)));
  while (pass());
  return work.finish();
}

function draftOf(graph: Graph): Draft & { finish(): Graph } {
  const nodes = [...graph.nodes];
  const constants = new Map(graph.constants);
  const values = new Map(graph.values);
  const outputs = new Set(graph.outputs.map((value) => value.name));
  const producers = new Map<string, Node>();
  const uses = new Map<string, number>();

  const count = (name: string, by: number) => uses.set(name, (uses.get(name) ?? 0) + by);
  const enter = (node: Node): void => {
    node.outputs.forEach((name) => producers.set(name, node));
    node.inputs.forEach((name) => count(name, 1));
  };
  const leave = (node: Node): void => {
    node.outputs.forEach((name) => producers.delete(name));
    node.inputs.forEach((name) => count(name, -1));
  };
  nodes.forEach(enter);
  outputs.forEach((name) => count(name, 1));

  const unique = (base: string): string => {
    let name = base;
    for (let i = 2; values.has(name); i++) name = `${base}_${i}`;
    return name;
  };
  const setConstant = (constant: Constant): string => {
    constants.set(constant.name, constant);
    values.set(constant.name, constant);
    return constant.name;
  };
  const value = (name: string): Value => {
    const found = values.get(name);
    if (found === undefined) throw new Error(`the graph ${graph.name} has no value ${name}`);
    return found;
  };

  const self = {
    nodes,
    value,
    constant: (name: string) => constants.get(name),
    producer: (name: string) => producers.get(name),
    uses: (name: string) => uses.get(name) ?? 0,
    isOutput: (name: string) => outputs.has(name),

    derive: (old: Constant, data: Float64Array, shape = old.shape) =>
      setConstant({ ...old, shape, data, name: self.uses(old.name) <= 1 ? old.name : unique(old.name) }),
    addConstant: (base: string, data: Float64Array, shape: readonly number[]) =>
      setConstant({ name: unique(base), type: "float32", shape, data }),

    insert(place: Node, op: OpType, inputs: readonly string[], attributes: Attributes = {}): string {
      const name = unique(op);
      const [made] = infer(name, op, inputs.map(value), attributes, constants);
      const node: Node = { name, op, inputs, outputs: [name], attributes };
      values.set(name, { name, ...made });
      nodes.splice(nodes.indexOf(place), 0, node);
      enter(node);
      return name;
    },
    replace(node: Node, by: Node): void {
      nodes[nodes.indexOf(node)] = by;
      leave(node);
      enter(by);
    },
    bypass(node: Node, by: string): void {
      const [name] = node.outputs;
      nodes.splice(nodes.indexOf(node), 1);
      leave(node);
      nodes.forEach((reader, i) => {
        if (!reader.inputs.includes(name)) return;
        leave(reader);
        nodes[i] = { ...reader, inputs: reader.inputs.map((input) => (input === name ? by : input)) };
        enter(nodes[i]);
      });
    },

    finish: (): Graph => ({ ...graph, nodes, constants, values }),
  };
  return self;
}
