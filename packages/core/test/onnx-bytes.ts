/** The few protobuf encodings that an ONNX file's outermost message needs, so that tests can build one by hand. */

/** Base-128 digits, the lowest first, each but the last with its high bit set. */
export function varint(value: number): number[] {
  const digits: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...digits, rest];
    digits.push((rest % 128) + 128);
  }
}

/** A length-delimited field (wire type 2): a message, a string or bytes. */
export function field(number: number, value: string | ArrayLike<number>): number[] {
  const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
  return [...varint(number * 8 + 2), ...varint(bytes.length), ...Array.from(bytes)];
}

/** An integer field (wire type 0). */
export const integer = (number: number, value: number): number[] => [...varint(number * 8), ...varint(value)];

/** An entry of ModelProto's metadata_props. */
export const property = (key: string, value: string): number[] =>
  field(14, [...field(1, key), ...field(2, value)]);

/** A model of IR version 8 with a graph of `graphSize` bytes that nobody looks into, then `properties`. */
export const model = (graphSize: number, ...properties: number[][]): Uint8Array =>
  Uint8Array.from([
    ...integer(1, 8),
    ...field(2, "ncsn"),
    ...field(8, integer(2, 17)),
    ...field(7, new Uint8Array(graphSize).fill(0xff)),
    ...properties.flat(),
  ]);
