/** The film of the gallery's Fig. 1. */
import { expect, it } from "vitest";
import { newFilm } from "../../examples/gallery/src/film.ts";

it("keeps as many stills as fit, evenly spread, from the noise to the newest", () => {
  const film = newFilm(40);
  const last = 99;
  for (let step = 0; step <= last; step++) {
    if (!film.wants(step) && step < last) continue;
    film.add({ step, sigma: 1 / (1 + step), evaluations: step, values: new Uint8Array(10) });
    expect(film.stills.length).toBeLessThanOrEqual(4);
    expect(film.stills.at(-1)?.step).toBe(step);
  }
  expect(film.stills.map(({ step }) => step)).toEqual([0, 64, 99]);
});
