import { createRequire } from "node:module";
import type { Raster } from "./raster.ts";

type Palette = readonly (readonly number[])[];

/** The part of gifenc that is used here; the package comes without types. */
interface Gifenc {
  GIFEncoder(): {
    writeFrame(
      index: Uint8Array,
      width: number,
      height: number,
      options: { readonly palette: Palette; readonly delay: number },
    ): void;
    finish(): void;
    bytes(): Uint8Array;
  };
  quantize(rgba: Uint8Array, colours: number): Palette;
  applyPalette(rgba: Uint8Array, palette: Palette): Uint8Array;
}

const require = createRequire(import.meta.url);
const gifenc = require("gifenc") as Gifenc;

/** A frame and how long it stays. */
export interface GifFrame {
  readonly raster: Raster;
  /** Milliseconds. */
  readonly delay: number;
}

const greys = Array.from({ length: 256 }, (_, level) => [level, level, level]);

/** An animation that repeats for ever. Grey rasters keep all their levels; coloured ones get 256 colours a frame. */
export function animatedGif(frames: Iterable<GifFrame>): Uint8Array {
  const encoder = gifenc.GIFEncoder();
  for (const { raster, delay } of frames) {
    const { width, height, channels, data } = raster;
    if (channels === 1) encoder.writeFrame(data, width, height, { palette: greys, delay });
    else {
      const colours = withAlpha(data);
      const palette = gifenc.quantize(colours, 256);
      encoder.writeFrame(gifenc.applyPalette(colours, palette), width, height, { palette, delay });
    }
  }
  encoder.finish();
  return encoder.bytes();
}

function withAlpha(rgb: Uint8Array): Uint8Array {
  const rgba = new Uint8Array((rgb.length / 3) * 4).fill(255);
  for (let i = 0; i < rgb.length / 3; i++) rgba.set(rgb.subarray(3 * i, 3 * i + 3), 4 * i);
  return rgba;
}
