/** Sets of vectors, as the distances take them: features of images, or the images themselves. */

/** `count` vectors of `width` numbers, one after another. */
export interface Rows {
  readonly data: Float32Array;
  readonly count: number;
  readonly width: number;
}

/** @throws RangeError where the data are no whole number of rows, or not all finite */
export function rowsOf(data: Float32Array, width: number): Rows {
  if (data.length % width !== 0)
    throw new RangeError(`invalid rows: ${data.length} numbers (need a multiple of the width, ${width})`);
  if (!data.every(Number.isFinite)) throw new RangeError("invalid rows: not all numbers are finite");
  return { data, count: data.length / width, width };
}

/** The rows of these numbers, in their order. */
export function pick({ data, width }: Rows, numbers: ArrayLike<number>): Rows {
  const picked = new Float32Array(numbers.length * width);
  for (let i = 0; i < numbers.length; i++)
    picked.set(data.subarray(numbers[i] * width, (numbers[i] + 1) * width), i * width);
  return { data: picked, count: numbers.length, width };
}

/** @throws RangeError where two sets cannot be compared, or one has less than `least` rows */
export function checkRows(a: Rows, b: Rows, least: number): void {
  if (a.width !== b.width)
    throw new RangeError(`invalid rows: of width ${a.width} and ${b.width} (need the same)`);
  const few = Math.min(a.count, b.count);
  if (few < least) throw new RangeError(`invalid rows: ${few} of them (need ${least} or more)`);
}
