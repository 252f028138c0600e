/**
 * The smallest model there is, score-free: y = x + x over one float, written with the few lines of protobuf that this
 * takes. A device that runs it runs ONNX Runtime.
 */

/** ModelProto bytes: IR 8, opset 17, one Add. */
export function oneNodeModel(): Uint8Array<ArrayBuffer> {
  const value = (name: string): number[] => {
    const dimension = field(1, [...field(1, 1)]); // TensorShapeProto.Dimension.dim_value = 1
    const tensor = [...field(1, 1), ...field(2, dimension)]; // elem_type FLOAT, shape
    return [...field(1, name), ...field(2, field(1, tensor))];
  };
  const node = [
    ...field(1, "x"),
    ...field(1, "x"),
    ...field(2, "y"),
    ...field(3, "double"),
    ...field(4, "Add"),
  ];
  const graph = [...field(1, node), ...field(2, "probe"), ...field(11, value("x")), ...field(12, value("y"))];
  const opset = [...field(1, ""), ...field(2, 17)];
  return Uint8Array.from([...field(1, 8), ...field(7, graph), ...field(8, opset)]);
}

/** A field of a message: a small number as a varint, text or a message with its length; all below 128 bytes. */
function field(number: number, value: number | string | readonly number[]): number[] {
  if (typeof value === "number") return [number * 8, value];
  const bytes = typeof value === "string" ? [...new TextEncoder().encode(value)] : value;
  return [number * 8 + 2, bytes.length, ...bytes];
}
