/** Ways of spoiling images, each by a strength. Images are 28×28, pixels from 0 to 1. */
import { key, normals } from "@ncsn/core";

const side = 28;

/** Adds noise of a standard deviation, clamped to [0, 1]. */
export const noisy = (pixels: Float32Array, deviation: number): Float32Array => {
  const noise = normals(key(99), pixels.length);
  return pixels.map((pixel, i) => Math.min(1, Math.max(0, pixel + deviation * noise[i])));
};

/** Blurs by a Gaussian of a standard deviation in pixels, zeros outside. */
export function blurred(pixels: Float32Array, deviation: number): Float32Array {
  const reach = Math.ceil(3 * deviation);
  const weights = Array.from({ length: 2 * reach + 1 }, (_, i) =>
    Math.exp(-((i - reach) ** 2) / (2 * deviation ** 2)),
  );
  const total = weights.reduce((a, b) => a + b, 0);
  const along = (from: Float32Array, step: number): Float32Array =>
    from.map((_, i) => {
      const at = step === 1 ? i % side : Math.floor(i / side) % side;
      let sum = 0;
      for (let d = -reach; d <= reach; d++)
        if (at + d >= 0 && at + d < side) sum += (weights[d + reach] / total) * from[i + d * step];
      return sum;
    });
  return along(along(pixels, 1), side);
}

/** Moves to the right, zeros coming in. */
export const shifted = (pixels: Float32Array, by: number): Float32Array =>
  pixels.map((_, i) => (i % side < by ? 0 : pixels[i - by]));

/**
 * The strengths that are tried. A blur of half a pixel is not among them: on glyphs it is a softer pen, such as others
 * have too, and their judge finds it no farther away.
 */
export const corruptions = {
  noise: { spoil: noisy, strengths: [0.02, 0.05, 0.1, 0.2] },
  blur: { spoil: blurred, strengths: [0.75, 1, 1.5] },
  shift: { spoil: shifted, strengths: [2, 4, 6] },
} as const;
