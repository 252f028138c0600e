/**
 * Repetition put off. The gradient of a sum repeats one number over many pixels, and what follows is as a rule a
 * product with another image, which repeats by itself. So `repeat` adds no node: pointwise operators take the small
 * array, and only where that does not do is the large one made.
 */
import type { Operand, Tape } from "../graph.ts";
import { broadcast, elementTypes, type Attributes, type OpType } from "../operators.ts";
import type { Dimension, Shape, Value, ValueType } from "../value.ts";

/** Stands for `source`, repeated to the shape of `like`; it has no name and is in no graph. */
interface Repeated extends Value {
  readonly source: Value;
  readonly like: Value;
}

const isRepeated = (value: Operand): value is Repeated => typeof value === "object" && "source" in value;

/** Operators that commute with repetition. */
const pointwise: ReadonlySet<OpType> = new Set(["Add", "Sub", "Mul", "Div", "Neg", "Where"]);

export interface RepeatingTape {
  /** As {@link Tape.op}, for values that may be put off. @param name what to call the node */
  readonly op: (op: OpType, operands: readonly Operand[], attributes: Attributes, name: string) => Value;
  /** `source`, repeated to the shape of `like`. */
  readonly repeat: (source: Value, like: Value) => Value;
  /** The value as one of the graph, to be given to others. */
  readonly settle: (value: Value, name: string) => Value;
}

/** Repetition put off, for what is recorded on `tape`. */
export function repeatingTape(tape: Tape): RepeatingTape {
  const settled = new WeakMap<Value, Value>();

  const make = ({ source, like }: Repeated, name: string): Value => {
    const missing = like.shape.length - source.shape.length;
    const known = like.shape.map((size) => (typeof size === "number" ? size : 1));
    if (like.shape.every((size, axis) => typeof size === "number" || source.shape[axis - missing] === size))
      return tape.op("Expand", [source, tape.constant(known, undefined, { type: "int64" })], {}, name);
    // How often is only known when the graph runs: added to zeros of that shape, which hold no NaN of `like`.
    const zeros = tape.op(
      "Cast",
      [tape.op("Less", [like, like], {}, name)],
      { to: elementTypes.float32 },
      name,
    );
    return tape.op("Add", [source, zeros], {}, name);
  };

  const self: RepeatingTape = {
    op(op, operands, attributes, name) {
      const repeated = operands.filter(isRepeated);
      if (repeated.length === 0) return tape.op(op, operands, attributes, name);
      const whole = pointwise.has(op)
        ? repeated.find(({ shape }) => sameShape(shape, together(operands)))
        : undefined;
      if (whole === undefined)
        return tape.op(
          op,
          operands.map((operand) => (isRepeated(operand) ? self.settle(operand, name) : operand)),
          attributes,
          name,
        );
      const sources = operands.map((operand) => (isRepeated(operand) ? operand.source : operand));
      return self.repeat(tape.op(op, sources, attributes, name), whole.like);
    },

    repeat(value, like) {
      const source = isRepeated(value) ? value.source : value;
      if (sameShape(source.shape, like.shape)) return source;
      const repeated: Repeated = { name: "", type: source.type, shape: like.shape, source, like };
      return repeated;
    },

    settle(value, name) {
      if (!isRepeated(value)) return value;
      const found = settled.get(value) ?? make(value, name);
      settled.set(value, found);
      return found;
    },
  };
  return self;
}

/** The shape that operands have together. */
const together = (operands: readonly Operand[]): Shape =>
  operands
    .filter((operand) => typeof operand === "object")
    .map(({ shape }): ValueType => ({ type: "float32", shape }))
    .reduce((a, b) => broadcast([a, b])).shape;

/** Whether two shapes are the same, symbols included. */
export const sameShape = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((size: Dimension, axis) => size === b[axis]);
