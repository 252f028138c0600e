/** A picture in bytes: grey or red, green and blue, row by row. */
export interface Raster {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly data: Uint8Array;
}

/** Every pixel as a square of `scale` × `scale`: crisp. */
export function magnify(raster: Raster, scale: number): Raster {
  if (scale === 1) return raster;
  const { width, height, channels } = raster;
  const data = new Uint8Array(raster.data.length * scale ** 2);
  const wide = width * scale * channels;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (y * width + x) * channels;
      for (let i = 0; i < scale; i++)
        for (let c = 0; c < channels; c++)
          data[y * scale * wide + (x * scale + i) * channels + c] = raster.data[from + c];
    }
    for (let i = 1; i < scale; i++)
      data.copyWithin((y * scale + i) * wide, y * scale * wide, (y * scale + 1) * wide);
  }
  return { width: width * scale, height: height * scale, channels, data };
}
