/** The IDX format of MNIST: two zero bytes, an element type, the number of dimensions, big-endian sizes, the data. */
import { DatasetError } from "./dataset-error.ts";
import { readUnpacked } from "./files.ts";

/** An array of unsigned bytes, row-major. */
export interface Idx {
  readonly dimensions: readonly number[];
  readonly bytes: Uint8Array;
}

/**
 * Reads an IDX file of unsigned bytes, gzipped or not.
 * @param rank the number of dimensions it must have: 3 for images (count, height, width), 1 for labels
 * @throws DatasetError where it is another kind of file, truncated, or too long
 */
export async function readIdx(path: string, rank: number): Promise<Idx> {
  const file = await readUnpacked(path);
  const magic = Buffer.from(file.subarray(0, 4)).toString("hex");
  const expected = `0000080${rank}`;
  if (magic !== expected) {
    throw new DatasetError(`not an IDX file: ${path} (begins with ${magic || "nothing"}, need ${expected})`);
  }
  const header = 4 + 4 * rank;
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const dimensions =
    file.length < header ? [] : Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  const length = header + dimensions.reduce((a, b) => a * b, 1);
  if (dimensions.length === 0 || file.length < length) {
    const need = dimensions.length === 0 ? header : length;
    throw new DatasetError(`truncated IDX file: ${path} (${file.length} bytes, need ${need})`);
  }
  if (file.length > length) {
    throw new DatasetError(`damaged IDX file: ${path} (${file.length} bytes, need ${length})`);
  }
  return { dimensions, bytes: file.subarray(header) };
}
