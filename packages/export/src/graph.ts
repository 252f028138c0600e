/**
 * ONNX graphs as plain data, and the tape that records them: each call of {@link Tape.op} adds one node, infers the
 * shape of what it makes, and returns it as a value for further calls.
 */
import { operators, type Attributes, type Operator, type OpType } from "./operators.ts";
import { typeText, type ElementType, type Shape, type Value, type ValueType } from "./value.ts";

/**
 * A value that is known now. Numbers stay float64 until the file is written, so that constants folded into one
 * another are rounded once.
 */
export interface Constant extends Value {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

export interface Node {
  readonly name: string;
  readonly op: OpType;
  /** Names of values; "" for an optional input that is not given. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Attributes;
}

export interface Graph {
  readonly name: string;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  /** In an order in which they can be computed. */
  readonly nodes: readonly Node[];
  readonly constants: ReadonlyMap<string, Constant>;
  /** Every value by name: inputs, constants and what nodes make. */
  readonly values: ReadonlyMap<string, Value>;
}

/** A value, or a number that stands for a constant of the first value's type. */
export type Operand = Value | number | undefined;

export interface ConstantOptions {
  /** float32 unless told. */
  readonly type?: ElementType;
  /** A name to begin with; without one, equal small constants become one. */
  readonly name?: string;
}

export interface Tape {
  /** Declares a graph input. @throws TypeError where the name is taken */
  readonly input: (name: string, type: ElementType, shape: Shape) => Value;
  /** An initialiser; a number without a shape is a scalar. */
  readonly constant: (
    data: number | ArrayLike<number>,
    shape?: readonly number[],
    options?: ConstantOptions,
  ) => Value;
  /**
   * Adds a node with one output.
   * @param name what to call node and output, made unique; the operator's name unless told
   * @throws TypeError where operator, inputs and attributes do not fit
   */
  readonly op: (op: OpType, inputs: readonly Operand[], attributes?: Attributes, name?: string) => Value;
  /** As {@link op}, with all of the operator's outputs. */
  readonly ops: (
    op: OpType,
    inputs: readonly Operand[],
    attributes?: Attributes,
    name?: string,
  ) => readonly Value[];
  /** Makes a value a graph output under this name. @throws TypeError where the name is taken */
  readonly output: (name: string, value: Value) => Value;
  /** What has been recorded. */
  readonly graph: () => Graph;
}

/** Constants of up to this many numbers are looked up before they are added. */
const smallConstant = 64;

/**
 * A tape for a new graph, or one that continues `from`: a graph's reverse pass is recorded behind it.
 * @param name the graph's name, which ONNX's checker wants
 */
export function tape(name: string, from?: Graph): Tape {
  const inputs = [...(from?.inputs ?? [])];
  const outputs = [...(from?.outputs ?? [])];
  const nodes = [...(from?.nodes ?? [])];
  const constants = new Map(from?.constants);
  const values = new Map(from?.values);
  const nodeNames = new Set(nodes.map((node) => node.name));
  const counts = new Map<string, number>();
  const known = new Map<string, Constant>();

  /** The name itself, or with the first number behind it that makes it new. */
  const unique = (base: string): string => {
    const taken = (candidate: string) => values.has(candidate) || nodeNames.has(candidate);
    if (!taken(base)) return base;
    let count = counts.get(base) ?? 1;
    while (taken(`${base}_${++count}`));
    counts.set(base, count);
    return `${base}_${count}`;
  };
  const add = <V extends Value>(value: V): V => {
    if (values.has(value.name)) throw new TypeError(`the graph ${name} has a value ${value.name} already`);
    values.set(value.name, value);
    return value;
  };

  const self: Tape = {
    input(inputName, type, shape) {
      const value = add({ name: inputName, type, shape });
      inputs.push(value);
      return value;
    },

    constant(
      numbers,
      shape = typeof numbers === "number" ? [] : [numbers.length],
      { type = "float32", name: wanted } = {},
    ) {
      const data = typeof numbers === "number" ? Float64Array.of(numbers) : Float64Array.from(numbers);
      if (data.length !== shape.reduce((a, b) => a * b, 1))
        throw new TypeError(`a constant of ${data.length} numbers cannot have shape [${shape.join(", ")}]`);
      const key =
        wanted === undefined && data.length <= smallConstant
          ? `${type} [${shape.join()}] ${data.join()}`
          : undefined;
      const found = key === undefined ? undefined : known.get(key);
      if (found !== undefined) return found;
      const value = add({ name: unique(wanted ?? "constant"), type, shape, data });
      constants.set(value.name, value);
      if (key !== undefined) known.set(key, value);
      return value;
    },

    op(op, operands, attributes, wanted) {
      const made = self.ops(op, operands, attributes, wanted);
      if (made.length !== 1) throw new TypeError(`${op} has ${made.length} outputs`);
      return made[0];
    },

    ops(op, operands, attributes = {}, wanted = op) {
      const value = operands.find((operand) => typeof operand === "object");
      const operator: Operator = operators[op];
      // ONNX Runtime adds a scalar of rank 0 to [N, K, 1, 1] ten times slower than one of the same rank.
      const shape = operator.broadcasts ? value?.shape.map(() => 1) : [];
      const given = operands.map((operand) =>
        typeof operand === "number" ? self.constant([operand], shape, { type: value?.type }) : operand,
      );
      const nodeName = unique(wanted);
      const made = infer(nodeName, op, given, attributes, constants);
      nodeNames.add(nodeName);
      const results = made.map(({ type, shape }, i) =>
        add({ name: i === 0 ? nodeName : unique(`${nodeName}.${i}`), type, shape }),
      );
      const lastGiven = given.findLastIndex((value) => value !== undefined);
      nodes.push({
        name: nodeName,
        op,
        inputs: given.slice(0, lastGiven + 1).map((value) => value?.name ?? ""),
        outputs: results.map((value) => value.name),
        attributes,
      });
      return results;
    },

    output(outputName, value) {
      // A copy under the wanted name; `passes/` renames instead where nothing else stands in the way.
      const copy = self.op("Identity", [value], {}, outputName);
      if (copy.name !== outputName)
        throw new TypeError(`the graph ${name} has a value ${outputName} already`);
      outputs.push(copy);
      return copy;
    },

    graph: () => ({ name, inputs, outputs, nodes, constants, values }),
  };
  return self;
}

/** The types and shapes that a node makes. @throws TypeError that names the node */
export function infer(
  name: string,
  op: OpType,
  inputs: readonly (Value | undefined)[],
  attributes: Attributes,
  constants: ReadonlyMap<string, Constant>,
): readonly ValueType[] {
  const operator = operators[op];
  try {
    for (const attribute of Object.keys(attributes))
      if (!Object.hasOwn(operator.attributes, attribute))
        throw new TypeError(`it has no attribute ${attribute}`);
    const numbers = (i: number): readonly number[] => {
      const data = constants.get(inputs[i]?.name ?? "")?.data;
      if (data === undefined) throw new TypeError(`input ${i}, ${typeText(inputs[i])}, must be a constant`);
      return [...data];
    };
    // Rules that say "as the input" return the input itself, whose name is not the output's.
    return operator.outputs({ inputs, attributes, numbers }).map(({ type, shape }) => ({ type, shape }));
  } catch (error) {
    throw new TypeError(
      `cannot add ${op} ${name}: ${error instanceof Error ? error.message : String(error)}`,
      {
        cause: error,
      },
    );
  }
}
