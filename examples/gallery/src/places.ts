/** Where the stills of a film are on the ruler of σ. */
import type { Plan } from "@ncsn/infer";
import type { Still } from "./film.ts";

/** Where stills are on the ruler: at their σ, and those of one level spread out up to the next. */
export function placesOf(
  stills: readonly Still[],
  plan: Plan,
  position: (sigma: number) => number,
): number[] {
  const levels = [...plan.sigmas, 0];
  const groups: number[][] = [];
  stills.forEach((still, i) => {
    if (i > 0 && stills[i - 1].sigma === still.sigma) groups[groups.length - 1].push(i);
    else groups.push([i]);
  });
  const longest = Math.max(...groups.map(({ length }) => length));
  const places: number[] = [];
  groups.forEach((group, g) => {
    const { sigma } = stills[group[0]];
    const from = position(sigma);
    const to = position(levels.find((level) => level < sigma) ?? 0);
    // The last level may have more stills to come: as many as others have.
    const length = g === groups.length - 1 ? longest : group.length;
    group.forEach((_, k) => places.push(from + ((to - from) * k) / length));
  });
  return places;
}

/** The still whose place is the nearest; of several the last. */
export function nearest(places: readonly number[], position: number): number {
  let best = 0;
  places.forEach((place, i) => {
    if (Math.abs(place - position) <= Math.abs(places[best] - position)) best = i;
  });
  return best;
}
