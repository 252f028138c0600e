/** Long series made short enough to draw. */
import type { Curve } from "@ncsn/infer/node";

/** At most `most` of some things, evenly among them, the first and the last included (of one: the last). */
export function evenly<T>(all: readonly T[], most: number): readonly T[] {
  if (all.length <= most) return all;
  if (most < 2) return all.slice(-1);
  return Array.from({ length: most }, (_, i) => all[Math.round((i * (all.length - 1)) / (most - 1))]);
}

/**
 * The mean of y at each point over its neighbours: `reach` on each side, but at the start no more than there are, so
 * that a steep beginning stays where it is.
 */
export function runningMean(points: Curve, reach: number): Curve {
  const sums = [0];
  for (const [, y] of points) sums.push(sums[sums.length - 1] + y);
  return points.map(([x], i) => {
    const from = i - Math.min(reach, i);
    const to = Math.min(points.length, i + Math.min(reach, i) + 1);
    return [x, (sums[to] - sums[from]) / (to - from)];
  });
}

/** Means over at most `most` runs of equally many neighbours, x and y. */
export function means(points: Curve, most: number): Curve {
  const size = Math.ceil(points.length / most);
  return Array.from({ length: Math.ceil(points.length / size) || 0 }, (_, i) => {
    const some = points.slice(i * size, (i + 1) * size);
    return [mean(some.map(([x]) => x)), mean(some.map(([, y]) => y))];
  });
}

/** NaN of none. */
export const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
