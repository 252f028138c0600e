import type { Space } from "../space.ts";
import { observed, type ObservationOptions } from "./observation.ts";

/** What is known of images by the means of their blocks. */
export interface Upscaling {
  /** Images of the space's own size, every factor × factor block of one value; model units, count × dimension. */
  readonly image: Float32Array;
  /** Side of a block; it divides height and width. */
  readonly factor: number;
}

/** A space of images whose blocks have known means: super-resolution. */
export function upscaled<V>(
  space: Space<V>,
  { image, factor }: Upscaling,
  options: ObservationOptions,
): Space<V> {
  const means = (v: V): V => space.blockMeans(v, factor);
  return observed(space, { y: space.constant(image), map: means, project: means }, options);
}
