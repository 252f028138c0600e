import type { Images } from "../../model.ts";
import type { Raster } from "./raster.ts";

/** How to arrange images. */
export interface GridOptions {
  /** Images in a row; as near to a square as can be unless told. */
  readonly columns?: number;
  /** Pixels between images and around them. */
  readonly gap?: number;
}

/** What is around images, a byte: a dark grey, from which white digits and black ones stand out. */
export const gridGround = 40;

/** Images row by row. Three channels are colours; of any other number the first is shown in grey. */
export function imageGrid(
  { shape: [count, channels, height, width], data }: Images,
  options: GridOptions = {},
): Raster {
  const { columns = evenColumns(count), gap = 2 } = options;
  const across = Math.min(columns, count);
  const planes = channels === 3 ? 3 : 1;
  const size = {
    width: across * (width + gap) + gap,
    height: Math.ceil(count / across) * (height + gap) + gap,
  };
  const bytes = new Uint8Array(size.width * size.height * planes).fill(gridGround);
  for (let image = 0; image < count; image++) {
    const left = gap + (image % across) * (width + gap);
    const top = gap + Math.floor(image / across) * (height + gap);
    for (let c = 0; c < planes; c++) {
      const plane = (image * channels + c) * height * width;
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++)
          bytes[((top + y) * size.width + left + x) * planes + c] = Math.round(
            255 * data[plane + y * width + x],
          );
    }
  }
  return { ...size, channels: planes, data: bytes };
}

/** As near to a square as can be: whole rows where some not too wide have them. */
function evenColumns(count: number): number {
  const square = Math.ceil(Math.sqrt(count));
  for (let columns = square; columns <= 2 * Math.sqrt(count); columns++)
    if (count % columns === 0) return columns;
  return square;
}

/** One of the images, without a margin. */
export function oneImage({ shape: [, ...shape], data }: Images, index: number): Raster {
  const dimension = shape[0] * shape[1] * shape[2];
  const part = data.subarray(index * dimension, (index + 1) * dimension);
  return imageGrid({ shape: [1, ...shape], data: part }, { gap: 0 });
}
