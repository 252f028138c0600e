import type { Dataset } from "@ncsn/core";

/**
 * A finite set of points [2, 1, 1] in the plane, without bounds or classes.
 * @param points x and y of one point after the other; kept, not copied
 * @throws RangeError for fewer than two points, an odd count of numbers, or numbers that are not finite
 */
export function pointsDataset(points: Float32Array, name = "points"): Dataset {
  if (points.length < 4 || points.length % 2 !== 0)
    throw new RangeError(`invalid points: ${points.length} numbers (need x and y of at least two points)`);
  const bad = points.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw new RangeError(`invalid points: ${points[bad]} (need finite numbers)`);
  return {
    name,
    shape: [2, 1, 1],
    size: points.length / 2,
    pixels: false,
    read(index, out, offset) {
      out[offset] = points[2 * index];
      out[offset + 1] = points[2 * index + 1];
      return -1;
    },
  };
}
