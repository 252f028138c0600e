import sharp from "sharp";
import { pngSize } from "./png-size.ts";
import type { SampleFiles } from "./run-record.ts";

/**
 * Samples that together have about as many bytes as there is room for: a picture too large for its share is made
 * narrower until it fits, down to 64 pixels; the others stay as they are.
 * @param room bytes of all together
 */
export function fitPictures(samples: readonly SampleFiles[], room: number): Promise<readonly SampleFiles[]> {
  const share = room / Math.max(1, 2 * samples.length);
  return Promise.all(
    samples.map(async ({ step, ema, raw }) => ({
      step,
      ema: await fit(ema, share),
      raw: await fit(raw, share),
    })),
  );
}

async function fit(png: Uint8Array | undefined, most: number): Promise<Uint8Array | undefined> {
  let picture = png;
  while (picture !== undefined && picture.length > most && pngSize(picture).width > 64) {
    const smaller = Math.min(0.9, Math.max(0.5, Math.sqrt(most / picture.length)));
    const width = Math.max(64, Math.floor(smaller * pngSize(picture).width));
    picture = await sharp(png).resize(width).png({ compressionLevel: 9 }).toBuffer();
  }
  return picture;
}
