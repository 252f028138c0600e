import type { Card } from "@ncsn/core";
import { UsageError } from "./usage-error.ts";

/** A picture from a file: pixels in [0, 1], channels × height × width. */
export interface Picture {
  readonly height: number;
  readonly width: number;
  readonly pixels: Float32Array;
}

/**
 * Reads an image file of any kind that sharp knows: turned as its EXIF says, laid on white if it is transparent, in grey
 * for one channel and in colour for three.
 * @throws UsageError
 */
export async function readImage(path: string, channels: Card["shape"][0]): Promise<Picture> {
  if (channels !== 1 && channels !== 3)
    throw new UsageError(`cannot read ${path} for a model of ${channels} channels (need 1 or 3)`);
  const { default: sharp } = await import("sharp"); // not before it is needed: it takes a while
  const { data, info } = await sharp(path)
    .rotate()
    .flatten({ background: "white" })
    .toColourspace(channels === 1 ? "b-w" : "srgb")
    .raw()
    .toBuffer({ resolveWithObject: true })
    .catch((error: unknown) => {
      throw new UsageError(`cannot read the image ${path}: ${(error as Error).message.split("\n")[0]}`);
    });
  const { height, width } = info;
  const pixels = new Float32Array(channels * height * width);
  for (let channel = 0; channel < channels; channel++)
    for (let i = 0; i < height * width; i++)
      pixels[channel * height * width + i] = data[i * info.channels + channel] / 255;
  return { height, width, pixels };
}
