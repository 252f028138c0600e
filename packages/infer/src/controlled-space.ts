/** The control of a plan as spaces of spaces, which are in core/control. */
import { guided, inpainted, interpolated, split, upscaled, type Card, type Space } from "@ncsn/core";
import type { Control } from "./control.ts";
import { samplingKey } from "./sampling-key.ts";

/** The space in which a controlled sampling takes place. */
export function controlledSpace<V>(
  space: Space<V>,
  card: Card,
  { guidance, known, interpolation }: Control,
): Space<V> {
  let controlled = space;
  if (interpolation) {
    const { from, to, image, positions } = interpolation;
    const [a, b] = [from, to].map((seed) => split(samplingKey(seed), image));
    controlled = interpolated(controlled, { from: a, to: b, positions });
  }
  controlled = guided(controlled, guidance);
  if (known === undefined) return controlled;
  const image = inModelUnits(card, known.image, space);
  return known.kind === "upscale"
    ? upscaled(controlled, { image, factor: known.factor }, known)
    : inpainted(controlled, { image, mask: repeated(known.mask, space), sigmaData: card.sigmaData }, known);
}

/** The state that a controlled sampling starts from, where that is not noise. */
export const controlledStart = <V>(space: Space<V>, card: Card, { start }: Control): V | undefined =>
  start && space.constant(inModelUnits(card, start, space));

/** Puts the known pixels in place, which then are the given ones bit for bit. */
export function keepKnown({ known }: Control, pixels: Float32Array): Float32Array {
  if (known?.kind !== "inpaint") return pixels;
  const { image, mask } = known;
  for (let i = 0; i < pixels.length; i++)
    if (mask[i % mask.length] === 1) pixels[i] = image[i % image.length];
  return pixels;
}

/** One image for all of them, or as many as there are. */
const repeated = (values: Float32Array, { count, dimension }: Space<unknown>): Float32Array =>
  Float32Array.from({ length: count * dimension }, (_, i) => values[i % values.length]);

const inModelUnits = ({ pixels: { scale, offset } }: Card, pixels: Float32Array, space: Space<unknown>) =>
  repeated(pixels, space).map((pixel) => scale * pixel + offset);
