/**
 * Reverse-mode differentiation of graphs. Nodes are visited from the output back; each hands the gradient of what it
 * made on to what it was made from, by the rule of its operator, and gradients that meet are added.
 */
import { tape, type Graph, type Node, type Tape } from "../graph.ts";
import type { Value } from "../value.ts";
import { repeatingTape, sameShape, type RepeatingTape } from "./repetition.ts";
import { NoGradientError, sizes, type Rule, type RuleCall, type Rules } from "./rule.ts";
import { gradientRules } from "./rules.ts";

/** A graph with its reverse pass. */
export interface Differentiated {
  readonly graph: Graph;
  /** For each name of `wrt`, the name of the gradient, of the same shape. Outputs of the graph they are not yet. */
  readonly gradients: ReadonlyMap<string, string>;
}

/**
 * Adds the nodes of ∂loss/∂wrt to a graph.
 * @param loss the name of a float32 value of one element
 * @param wrt names of float32 values: inputs, constants or what nodes make
 * @throws NoGradientError where a node between them has no gradient; {@link undifferentiable} lists all of those
 * @throws TypeError where a name is unknown, or the loss is no single number
 */
export function differentiate(
  graph: Graph,
  loss: string,
  wrt: readonly string[],
  rules: Rules = gradientRules,
): Differentiated {
  const recording = tape(graph.name, graph);
  const output = floatValue(graph, loss);
  if (output.shape.some((size) => size !== 1))
    throw new TypeError(
      `cannot differentiate ${loss}, which is [${output.shape.join(", ")}] (need one number)`,
    );
  const one = recording.constant(
    [1],
    output.shape.map(() => 1),
  );
  const gradients = vjp(recording, output, one, wrt, rules);
  return {
    graph: recording.graph(),
    gradients: new Map([...gradients].map(([name, { name: gradient }]) => [name, gradient])),
  };
}

/**
 * The product of a cotangent with the Jacobian, vᵀ·∂output/∂wrt, as nodes on the tape that holds the output.
 * @param cotangent v, of the output's shape
 * @param wrt names of float32 values
 * @returns by the names of `wrt`, each of its value's shape
 * @throws NoGradientError where a node between them has no gradient
 * @throws TypeError where a name is unknown, or the cotangent has another shape
 */
export function vjp(
  recording: Tape,
  output: Value,
  cotangent: Value,
  wrt: readonly string[],
  rules: Rules = gradientRules,
): ReadonlyMap<string, Value> {
  const graph = recording.graph();
  const wanted = wrt.map((name) => floatValue(graph, name));
  if (!sameShape(output.shape, cotangent.shape))
    throw new TypeError(
      `invalid cotangent of ${output.name}: [${cotangent.shape.join(", ")}] (need [${output.shape.join(", ")}])`,
    );
  const varying = dependents(graph.nodes, wrt);
  const producers = producersOf(graph);
  const repeating = repeatingTape(recording);
  const gradients = new Map<string, Value>([[output.name, cotangent]]);

  for (const node of graph.nodes.toReversed()) {
    const dy = gradients.get(node.outputs[0]);
    if (dy === undefined || !varying.has(node.outputs[0])) continue;
    const rule = ruleOf(node, rules);
    const call = callOf(node, dy, recording, repeating, producers);
    rule(call).forEach((gradient, i) => {
      const name = node.inputs[i];
      if (gradient === undefined || !varying.has(name)) return;
      const share = fit(gradient(), call.inputs[i], call, repeating);
      const sum = gradients.get(name);
      gradients.set(name, sum === undefined ? share : call.op("Add", [sum, share]));
    });
  }
  return new Map(
    wanted.map((value) => {
      const found = gradients.get(value.name) ?? repeating.repeat(recording.constant(0), value);
      return [value.name, repeating.settle(found, `${value.name}.grad`)];
    }),
  );
}

/**
 * What stands in the way of ∂output/∂wrt: an error for every node that has no gradient, to be shown before anything
 * is computed. None for a graph that {@link differentiate} and {@link vjp} take.
 */
export function undifferentiable(
  graph: Graph,
  output: string,
  wrt: readonly string[],
  rules: Rules = gradientRules,
): readonly NoGradientError[] {
  const varying = dependents(graph.nodes, wrt);
  const producers = producersOf(graph);
  const reached = new Set([output]);
  const found: NoGradientError[] = [];
  for (const node of graph.nodes.toReversed()) {
    const [made] = node.outputs;
    if (!reached.has(made) || !varying.has(made)) continue;
    const scratch = tape(graph.name, graph);
    const dy = scratch.input(`cotangent of ${made}`, "float32", valueOf(graph, made).shape);
    const call = callOf(node, dy, scratch, repeatingTape(scratch), producers);
    try {
      const rule = ruleOf(node, rules);
      rule(call).forEach((gradient, i) => {
        if (gradient === undefined || !varying.has(node.inputs[i])) return;
        gradient();
        reached.add(node.inputs[i]);
      });
    } catch (error) {
      if (!(error instanceof NoGradientError)) throw error;
      found.push(error);
      node.inputs.forEach((name) => reached.add(name)); // and further up, as if it had one
    }
  }
  return found.toReversed();
}

/** What depends on the values of these names, themselves included. */
function dependents(nodes: readonly Node[], names: readonly string[]): ReadonlySet<string> {
  const found = new Set(names);
  for (const { inputs, outputs } of nodes)
    if (inputs.some((name) => found.has(name))) outputs.forEach((name) => found.add(name));
  return found;
}

const producersOf = (graph: Graph): ReadonlyMap<string, Node> =>
  new Map(graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));

function ruleOf(node: Node, rules: Rules): Rule {
  const rule = rules[node.op];
  if (rule === undefined) throw new NoGradientError(node, "its operator has no rule in autodiff/rules.ts");
  return rule;
}

function callOf(
  node: Node,
  dy: Value,
  recording: Tape,
  repeating: RepeatingTape,
  producers: ReadonlyMap<string, Node>,
): RuleCall {
  const { values, constants } = recording.graph();
  const refuse = (reason: string): never => {
    throw new NoGradientError(node, reason);
  };
  const known = (i: number): readonly number[] | undefined => {
    const data = constants.get(node.inputs[i] ?? "")?.data;
    return data && [...data];
  };
  return {
    node,
    inputs: node.inputs.map((name) => values.get(name) as Value),
    y: values.get(node.outputs[0]) as Value,
    dy,
    op: (op, operands, attributes = {}) =>
      repeating.op(
        op,
        operands.map((operand) => (typeof operand === "number" ? recording.constant(operand) : operand)),
        attributes,
        `${node.name}.grad`,
      ),
    constant: (numbers, shape) => recording.constant(numbers, shape),
    int64: (numbers) => recording.constant(numbers, undefined, { type: "int64" }),
    known,
    numbers: (i) => known(i) ?? refuse(`its input ${i} is not a constant`),
    producer: ({ name }) => producers.get(name),
    refuse,
  };
}

/** A gradient brought to the shape of x: summed where x was repeated, repeated where y was summed. */
function fit(gradient: Value, x: Value, { op, int64 }: RuleCall, repeating: RepeatingTape): Value {
  const offset = gradient.shape.length - x.shape.length;
  const axes = gradient.shape.flatMap((size, axis) =>
    axis < offset || (x.shape[axis - offset] === 1 && size !== 1) ? [axis] : [],
  );
  if (axes.length === 0) return repeating.repeat(gradient, x);
  const onlyExtra = axes.length === offset;
  const summed = op("ReduceSum", [gradient, int64(axes)], { keepdims: onlyExtra ? 0 : 1 });
  const flat =
    offset > 0 && !onlyExtra ? op("Reshape", [summed, int64(sizes(summed.shape.slice(offset)))]) : summed;
  return repeating.repeat(flat, x);
}

function valueOf(graph: Graph, name: string): Value {
  const value = graph.values.get(name);
  if (value === undefined) throw new TypeError(`the graph ${graph.name} has no value ${name}`);
  return value;
}

function floatValue(graph: Graph, name: string): Value {
  const value = valueOf(graph, name);
  if (value.type !== "float32")
    throw new TypeError(`cannot differentiate ${name}, which is ${value.type} (need float32)`);
  return value;
}
