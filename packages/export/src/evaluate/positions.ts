/** Where the elements of one array lie in another: most of what moves, repeats or sums data is such a list. */

export type Sizes = readonly number[];

/** The number of elements of an array. */
export const count = (shape: Sizes): number => shape.reduce((a, b) => a * b, 1);

/** Steps between neighbours along each axis of a row-major array. */
export const stridesOf = (shape: Sizes): number[] => shape.map((_, axis) => count(shape.slice(axis + 1)));

/**
 * For every element of an array of `shape`, in row-major order, the position start + Σ index·stride.
 * @param strides per axis; 0 repeats
 */
export function positions(shape: Sizes, strides: Sizes, start = 0): Int32Array {
  let found = Int32Array.of(start);
  shape.forEach((size, axis) => {
    const next = new Int32Array(found.length * size);
    for (let at = 0, i = 0; i < found.length; i++)
      for (let index = 0; index < size; index++) next[at++] = found[i] + index * strides[axis];
    found = next;
  });
  return found;
}

/** The strides that read an array of shape `from` as one of shape `to`, where NumPy's rules repeat it. */
export function broadcastStrides(from: Sizes, to: Sizes): number[] {
  const own = stridesOf(from);
  const missing = to.length - from.length;
  return to.map((_, axis) => (axis < missing || from[axis - missing] === 1 ? 0 : own[axis - missing]));
}
