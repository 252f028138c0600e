/** What an ONNX file says of itself beside its graph: the `metadata_props`, where cards are kept. */

/** A file that is not a model of this kind; the message says what is missing or wrong. */
export class CardError extends Error {
  override readonly name = "CardError";
}

/**
 * An entry of an ONNX file's metadata_props, read without decoding its graph: field 14 of ModelProto, entries
 * {1: key, 2: value}. Undefined where the file has none of that key.
 * @throws CardError where the bytes are no ONNX file
 */
export function readMetadata(model: Uint8Array, key: string): string | undefined {
  let found: string | undefined;
  for (const [field, value] of fields(model)) {
    if (field !== 14) continue;
    const entry = new Map(fields(value));
    if (text(entry.get(1)) === key) found = text(entry.get(2));
  }
  return found;
}

const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);

/** The length-delimited fields of a protobuf message, by number. */
function* fields(message: Uint8Array): Generator<[field: number, value: Uint8Array]> {
  let at = 0;
  /** Passes over `length` bytes and returns where they begin. */
  const skip = (length: number): number => {
    if (at + length > message.length) throw new CardError("this is not an ONNX file, or it is truncated");
    at += length;
    return at - length;
  };
  const varint = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = message[skip(1)];
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const tag = varint();
    const field = Math.floor(tag / 8);
    switch (tag % 8) {
      case 0:
        varint();
        break;
      case 1:
        skip(8);
        break;
      case 2: {
        const start = skip(varint());
        yield [field, message.subarray(start, at)];
        break;
      }
      case 5:
        skip(4);
        break;
      default:
        throw new CardError("this is not an ONNX file");
    }
  }
}
