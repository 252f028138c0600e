import type { PerImage, Space } from "../space.ts";
import { observed, type ObservationOptions } from "./observation.ts";

/** What is known of images pixel by pixel. */
export interface Inpainting {
  /** The known pixels, model units, count × dimension; where the mask is 0 they are not looked at. */
  readonly image: Float32Array;
  /** 1 where a pixel is known, 0 where it is to be made, between them where it is known roughly. Count × dimension. */
  readonly mask: Float32Array;
  /** Standard deviation of the data, model units: what a pixel between 0 and 1 is weighed against. */
  readonly sigmaData: number;
}

/**
 * A space of images that continue known pixels. At the last denoising step pixels of mask 1 are `image`'s up to float32
 * rounding; a sampler that does not denoise leaves its last noise on them.
 *
 * A pixel of mask m is known up to noise of variance σ_d²·(1 − m)/m, so that for independent data of mean 0 and
 * variance σ_d² what is expected of it is m·image. The equation is weighed with √m, which keeps it finite at m = 0.
 */
export function inpainted<V>(
  space: Space<V>,
  { image, mask, sigmaData }: Inpainting,
  options: ObservationOptions,
): Space<V> {
  const y = space.constant(image.map((value, i) => (mask[i] > 0 ? value : 0)));
  const weight = space.constant(mask.map(Math.sqrt));
  const map = (v: V): V => space.product(weight, v);
  if (mask.every((m) => m === 0 || m === 1)) return observed(space, { y, map, project: map }, options);
  const spread = space.constant(mask.map((m) => sigmaData ** 2 * (1 - m)));
  return observed(
    space,
    {
      y,
      map,
      noise: (v) => space.product(spread, v),
      project(r, sigma) {
        const gain = space.constant(gains(mask, sigma, sigmaData, space.dimension));
        const projected = space.product(gain, r);
        space.release(gain);
        return projected;
      },
    },
    options,
  );
}

/** r²√m/(r²m + σ_d²(1 − m)), where r² = σ²σ_d²/(σ² + σ_d²) is what independent pixels are uncertain by at σ. */
function gains(mask: Float32Array, sigma: PerImage, sigmaData: number, dimension: number): Float32Array {
  return mask.map((m, i) => {
    const level = typeof sigma === "number" ? sigma : sigma[Math.floor(i / dimension)];
    const share = (m * level ** 2) / (level ** 2 + sigmaData ** 2); // r²m/σ_d²
    return m === 0 ? 0 : share / Math.sqrt(m) / (share + 1 - m);
  });
}
