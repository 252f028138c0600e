/**
 * The model that devices are tried with: one convolution, y = x ∗ w without a border, written with the few lines of
 * protobuf that this takes. A device that runs it runs ONNX Runtime, and its time tells hardware from software.
 */

/** Images, channels in and out, and the side of x; w is 3 × 3. */
export const convolution = { count: 1, channels: 64, side: 30 } as const;

/** ModelProto bytes: IR 8, opset 17, one Conv. */
export function convolutionModel(): Uint8Array<ArrayBuffer> {
  const { count, channels, side } = convolution;
  const value = (name: string, shape: readonly number[]): number[] => {
    const dimensions = shape.flatMap((size) => field(1, field(1, size))); // TensorShapeProto.Dimension.dim_value
    const tensor = [...field(1, 1), ...field(2, dimensions)]; // elem_type FLOAT, shape
    return [...field(1, name), ...field(2, field(1, tensor))];
  };
  const node = [
    ...field(1, "x"),
    ...field(1, "w"),
    ...field(2, "y"),
    ...field(3, "convolution"),
    ...field(4, "Conv"),
  ];
  const graph = [
    ...field(1, node),
    ...field(2, "probe"),
    ...field(11, value("x", [count, channels, side, side])),
    ...field(11, value("w", [channels, channels, 3, 3])),
    ...field(12, value("y", [count, channels, side - 2, side - 2])),
  ];
  const opset = [...field(1, ""), ...field(2, 17)];
  return Uint8Array.from([...field(1, 8), ...field(7, graph), ...field(8, opset)]);
}

/** A field of a message: a number as it is, text or a message with its length before it. */
function field(number: number, value: number | string | readonly number[]): number[] {
  if (typeof value === "number") return [number * 8, ...varint(value)];
  const bytes = typeof value === "string" ? [...new TextEncoder().encode(value)] : value;
  return [number * 8 + 2, ...varint(bytes.length), ...bytes];
}

/** Seven bits a byte, the lowest first; all bytes but the last have the eighth bit. */
function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
}
