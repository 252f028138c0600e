import type { Raster } from "./raster.ts";

/**
 * A raster as lines of text for a terminal with 24-bit colours: a half block shows two pixels, one above the other.
 * What is wider than `columns` is scaled down.
 */
export async function halfBlocks(raster: Raster, columns: number): Promise<string> {
  const { default: sharp } = await import("sharp");
  const { width, height, channels, data } = raster;
  const { data: rgb, info } = await sharp(data, { raw: { width, height, channels } })
    .resize({ width: Math.min(columns, width) })
    .toColourspace("srgb")
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const colour = (x: number, y: number): string => {
    const at = (Math.min(y, info.height - 1) * info.width + x) * info.channels;
    const grey = info.channels < 3;
    return `${rgb[at]};${rgb[grey ? at : at + 1]};${rgb[grey ? at : at + 2]}`;
  };
  const lines: string[] = [];
  for (let y = 0; y < info.height; y += 2) {
    let line = "";
    for (let x = 0; x < info.width; x++) line += `\u001b[38;2;${colour(x, y)};48;2;${colour(x, y + 1)}m▀`;
    lines.push(`${line}\u001b[0m`);
  }
  return lines.join("\n");
}
