/**
 * The safetensors format: an 8-byte little-endian header length, a JSON header, then the raw values of each tensor.
 * Float32 only, which is all a checkpoint holds.
 */
import type { Shape } from "./nn.ts";

/** Float32 values in row-major order. */
export interface Tensor {
  readonly shape: Shape;
  readonly data: Float32Array;
}

/** What a file holds. */
export interface SafetensorsFile {
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

interface Entry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

/** A file that is not what this reader understands; the message names what is wrong. */
export class SafetensorsError extends Error {
  override readonly name = "SafetensorsError";
}

/** The bytes of a safetensors file; tensors lie in the order of the map. */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, Tensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let length = 0;
  for (const [name, { shape, data }] of tensors) {
    if (data.length !== elements(shape))
      throw new SafetensorsError(`tensor ${name} has ${data.length} values for shape [${shape.join(", ")}]`);
    header[name] = { dtype: "F32", shape, data_offsets: [length, length + data.byteLength] };
    length += data.byteLength;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const start = 8 + Math.ceil(json.length / 8) * 8; // values begin at a multiple of 8; the header is padded with spaces
  const bytes = new Uint8Array(start + length).fill(0x20, 8, start);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(start - 8), true);
  bytes.set(json, 8);
  let at = start;
  for (const { data } of tensors.values()) {
    if (littleEndian) bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    else data.forEach((value, i) => view.setFloat32(at + 4 * i, value, true));
    at += data.byteLength;
  }
  return bytes;
}

/**
 * Reads a safetensors file; the tensors are copies.
 * @throws SafetensorsError where the header or the sizes do not add up, so that half a file is never taken for a whole
 */
export function decodeSafetensors(bytes: Uint8Array): SafetensorsFile {
  const end = safetensorsStart(bytes);
  if (end > bytes.length)
    throw new SafetensorsError(`the header of ${end - 8} bytes is longer than the file of ${bytes.length}`);
  const header = parseHeader(bytes.subarray(8, end));
  const values = bytes.subarray(end);
  const { __metadata__: metadata = {}, ...entries } = header;
  const tensors = new Map<string, Tensor>();
  let covered = 0;
  for (const [name, entry] of Object.entries(entries)) {
    if (!isEntry(entry)) throw new SafetensorsError(`tensor ${name} lacks a dtype, a shape or data_offsets`);
    if (entry.dtype !== "F32") throw new SafetensorsError(`tensor ${name} is ${entry.dtype} (need F32)`);
    const [from, to] = entry.data_offsets;
    if (to > values.length || to - from !== 4 * elements(entry.shape))
      throw new SafetensorsError(
        `tensor ${name} lies outside the file or does not fit its shape; the file is truncated or damaged`,
      );
    covered += to - from;
    tensors.set(name, { shape: entry.shape, data: floats(values.subarray(from, to)) });
  }
  if (covered !== values.length)
    throw new SafetensorsError(`the tensors cover ${covered} bytes of ${values.length}; the file is damaged`);
  return { tensors, metadata: metadata as Record<string, string> };
}

/** Where the values of a file start, which its first eight bytes say. @throws SafetensorsError where there are fewer */
export function safetensorsStart(bytes: Uint8Array): number {
  if (bytes.length < 8)
    throw new SafetensorsError(`a safetensors file has at least 8 bytes, this has ${bytes.length}`);
  return 8 + Number(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigUint64(0, true));
}

/** The metadata of a file of which only what stands before the values is at hand. @throws SafetensorsError */
export function safetensorsMetadata(head: Uint8Array): SafetensorsFile["metadata"] {
  const { __metadata__: metadata = {} } = parseHeader(head.subarray(8, safetensorsStart(head)));
  return metadata as Record<string, string>;
}

/** The float32 values of little-endian bytes, copied: `bytes` may be a view of anything, at any offset. */
function floats(bytes: Uint8Array): Float32Array {
  const data = new Float32Array(bytes.length / 4);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (littleEndian) new Uint8Array(data.buffer).set(bytes);
  else data.forEach((_, i) => (data[i] = view.getFloat32(4 * i, true)));
  return data;
}

function parseHeader(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw new SafetensorsError("the header is not JSON; this is not a safetensors file");
  }
  if (!isObject(header)) throw new SafetensorsError("the header is not a JSON object");
  return header;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

const isEntry = (entry: unknown): entry is Entry =>
  isObject(entry) &&
  typeof entry.dtype === "string" &&
  isSizes(entry.shape) &&
  isSizes(entry.data_offsets) &&
  entry.data_offsets.length === 2;

const isSizes = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);

const littleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

const elements = (shape: Shape): number => shape.reduce((a, b) => a * b, 1);
