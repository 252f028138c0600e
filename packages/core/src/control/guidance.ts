/**
 * Classifier-free guidance (Ho & Salimans 2022, equation 6): away from what all classes share, towards the label,
 *
 *   score ← (1 + w)·score(x, σ | label) − w·score(x, σ),
 *
 * the score of p(x)·p(label | x)^(1 + w) at each noise level. w = 0 is the plain conditional score, −1 the unconditional
 * one; papers that write s·cond + (1 − s)·uncond have s = 1 + w.
 */
import type { Space } from "../space.ts";
import { withScore } from "./with-score.ts";

/** Score evaluations that a guided score takes. */
export const guidanceCost = (scale: number): number => (scale === 0 ? 1 : 2);

/**
 * A space whose images follow their labels more strictly than the data do. An image without a label is as before.
 * @param scale w, 0 for none
 */
export function guided<V>(space: Space<V>, scale: number): Space<V> {
  if (scale === 0) return space;
  return withScore(space, async (x, sigma, given = "labels") => {
    if (given === "nothing") return space.score(x, sigma, "nothing");
    const labelled = await space.score(x, sigma, "labels");
    const unlabelled = await space.score(x, sigma, "nothing");
    const score = space.combine([
      [1 + scale, labelled],
      [-scale, unlabelled],
    ]);
    space.release(labelled, unlabelled);
    return score;
  });
}
