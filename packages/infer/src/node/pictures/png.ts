import sharp from "sharp";
import type { Raster } from "./raster.ts";

/** The raster as a PNG file. */
export function png({ width, height, channels, data }: Raster): Promise<Uint8Array> {
  return sharp(data, { raw: { width, height, channels } }).png({ compressionLevel: 9 }).toBuffer();
}
