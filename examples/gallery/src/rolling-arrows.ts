/** A field of arrows that follows σ without holding up a frame: a few rows at a time, spread over the picture. */
import type { PlaneData } from "./plane-data.ts";
import { latticeOf, type Arrows } from "./plane-painter.ts";

/** Arrows on their way to a noise level. */
export interface RollingArrows {
  readonly arrows: Arrows;
  /** Computes rows for about so many milliseconds. @returns whether all rows are at that σ */
  follow(sigma: number, milliseconds: number): boolean;
}

/** @param side arrows per row and column; not a multiple of 8 */
export function rollingArrows(data: PlaneData, side: number): RollingArrows {
  const at = latticeOf(data, side);
  const arrows = { side, at, by: new Float64Array(at.length) };
  const levels = new Float64Array(side); // the σ that each row is at
  let turn = 0;
  return {
    arrows,
    follow(sigma, milliseconds) {
      const until = performance.now() + milliseconds;
      for (let left = side; left > 0; left--, turn++) {
        const row = (8 * turn) % side; // every eighth, so that old and new rows lie among each other
        if (levels[row] === sigma) continue;
        if (performance.now() > until) return false;
        const from = 2 * side * row;
        const score = data.score(at.subarray(from, from + 2 * side), sigma);
        arrows.by.set(
          score.map((value) => sigma * value),
          from,
        );
        levels[row] = sigma;
      }
      return true;
    },
  };
}
