import type { Node, Operand } from "../graph.ts";
import type { Attributes, OpType } from "../operators.ts";
import type { Shape, Value } from "../value.ts";

/** What a rule knows of the node y = f(x₀, x₁, …) that it differentiates, and what it writes the gradient with. */
export interface RuleCall {
  readonly node: Node;
  /** x₀, x₁, …; where an optional input is absent there is no element. */
  readonly inputs: readonly Value[];
  readonly y: Value;
  /** ∂L/∂y, of y's shape, for whatever is differentiated in the end. */
  readonly dy: Value;
  /** Adds a node to the reverse pass; a number stands for a float32 scalar. */
  readonly op: (op: OpType, operands: readonly Operand[], attributes?: Attributes) => Value;
  /** A float32 constant. */
  readonly constant: (numbers: ArrayLike<number>, shape: readonly number[]) => Value;
  /** A list of axes, sizes or positions as int64. */
  readonly int64: (numbers: readonly number[]) => Value;
  /** The numbers of input `i`; undefined where it is not a constant. */
  readonly known: (i: number) => readonly number[] | undefined;
  /** The numbers of input `i`, a constant. @throws NoGradientError where it is computed */
  readonly numbers: (i: number) => readonly number[];
  /** The node that makes a value; undefined for inputs and constants. */
  readonly producer: (value: Value) => Node | undefined;
  /** For what the rule does not cover. @throws NoGradientError */
  readonly refuse: (reason: string) => never;
}

/**
 * Writes ∂L/∂xᵢ. It may have any shape that broadcasts with xᵢ's: the reverse pass sums over axes along which xᵢ was
 * repeated, and repeats along those over which y was summed.
 */
export type Gradient = () => Value;

/**
 * The derivative of an operator: for each input how to write its gradient, called only where that is wanted; none
 * where the derivative is zero. Operators of a rule have rules themselves, so gradients can be differentiated again.
 */
export type Rule = (call: RuleCall) => readonly (Gradient | undefined)[];

export type Rules = Readonly<Partial<Record<OpType, Rule>>>;

/** A shape as Reshape wants it: −1 for a dimension that is known when the graph runs, of which there may be one. */
export const sizes = (shape: Shape): number[] => shape.map((size) => (typeof size === "number" ? size : -1));

/** A node that has no gradient, or none with its attributes, and stands between an output and what it depends on. */
export class NoGradientError extends TypeError {
  override readonly name = "NoGradientError";
  readonly op: OpType;
  /** The name of the node. */
  readonly node: string;

  constructor({ op, name }: Pick<Node, "op" | "name">, reason: string) {
    super(`no gradient for ${op} ${name}: ${reason}`);
    this.op = op;
    this.node = name;
  }
}
