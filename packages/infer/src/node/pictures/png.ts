import type { Raster } from "./raster.ts";

/** The raster as a PNG file. */
export async function png({ width, height, channels, data }: Raster): Promise<Uint8Array> {
  const { default: sharp } = await import("sharp"); // not before it is needed: it takes a while
  return sharp(data, { raw: { width, height, channels } }).png({ compressionLevel: 9 }).toBuffer();
}
