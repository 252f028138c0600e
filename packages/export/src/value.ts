/** What flows through a graph: names with an element type and a shape, of which one dimension may be symbolic. */

export type ElementType = "float32" | "float16" | "int32" | "int64" | "bool";

/** A number of elements, or the name of one that is known when the graph runs ("batch"). */
export type Dimension = number | string;
export type Shape = readonly Dimension[];

export interface ValueType {
  readonly type: ElementType;
  readonly shape: Shape;
}

/** What flows along an edge of the graph. */
export interface Value extends ValueType {
  readonly name: string;
}

/** "float32 [batch, 1, 28, 28]", for messages. */
export const typeText = (value: ValueType | undefined): string =>
  value === undefined ? "nothing" : `${value.type} [${value.shape.join(", ")}]`;
