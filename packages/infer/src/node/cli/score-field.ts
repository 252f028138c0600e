import type { Images, Model } from "../../model.ts";
import { gridOver, type Field } from "../pictures/plane-plot.ts";
import { viewOf } from "../pictures/scatter-plot.ts";

/** A model's score on a grid over its samples, in the points' own units. @param sigma model units */
export async function scoreField(model: Model, { data }: Images, sigma: number): Promise<Field> {
  const { scale, offset } = model.card.pixels;
  const at = gridOver(viewOf(data));
  const score = await model.score(
    at.map((value) => scale * value + offset),
    sigma,
  );
  return { at, vectors: score.map((value) => scale * value) };
}
