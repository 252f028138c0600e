/** Samples as PNG: images in a grid, points as a scatter plot. */
import { isImage, type RunConfig } from "@ncsn/core";
import sharp from "sharp";

type Shape = RunConfig["shape"];

/**
 * The picture of samples.
 * @param samples count × C·H·W values: pixels in [0, 1], or points
 * @param data points of the data set, drawn beneath those that were sampled
 */
export async function picture(samples: Float32Array, shape: Shape, data: Float32Array): Promise<Uint8Array> {
  return isImage({ shape }) ? grid(samples, shape) : scatter(samples, data, shape[0]);
}

const gap = 2; // pixels between images
const smallest = 512; // width of a picture whose pixels are enlarged to squares

/** Images row by row in a square, on dark grey; the first three channels are colours. */
async function grid(samples: Float32Array, [channels, height, width]: Shape): Promise<Uint8Array> {
  const area = height * width;
  const count = samples.length / (channels * area);
  const columns = Math.ceil(Math.sqrt(count));
  const rows = Math.ceil(count / columns);
  const planes = channels >= 3 ? 3 : 1;
  const size = { width: columns * (width + gap) + gap, height: rows * (height + gap) + gap };
  const pixels = Buffer.alloc(size.width * size.height * planes, 40);
  for (let image = 0; image < count; image++) {
    const left = gap + (image % columns) * (width + gap);
    const top = gap + Math.floor(image / columns) * (height + gap);
    for (let c = 0; c < planes; c++) {
      for (let i = 0; i < area; i++) {
        const at = (top + Math.floor(i / width)) * size.width + left + (i % width);
        pixels[at * planes + c] = Math.round(255 * samples[(image * channels + c) * area + i]);
      }
    }
  }
  const scale = Math.max(1, Math.ceil(smallest / size.width));
  return sharp(pixels, { raw: { ...size, channels: planes } })
    .resize(size.width * scale, size.height * scale, { kernel: "nearest" })
    .png()
    .toBuffer();
}

/** Points by their first two coordinates: data in grey, samples in blue, over the range of the data and a margin. */
async function scatter(samples: Float32Array, data: Float32Array, channels: number): Promise<Uint8Array> {
  const size = 512;
  const axes = [0, Math.min(1, channels - 1)].map((axis) => {
    const values = data.filter((_, i) => i % channels === axis);
    const low = values.reduce((a, b) => Math.min(a, b));
    const high = values.reduce((a, b) => Math.max(a, b));
    return { axis, middle: (low + high) / 2, extent: Math.max(high - low, 1e-6) };
  });
  const extent = 1.3 * Math.max(...axes.map((axis) => axis.extent)); // one scale for both axes
  const dots = (points: Float32Array, fill: string): string => {
    const circles: string[] = [];
    for (let at = 0; at < points.length; at += channels) {
      const [x, y] = axes.map(({ axis, middle }) => size * (0.5 + (points[at + axis] - middle) / extent));
      circles.push(`<circle cx="${x.toFixed(1)}" cy="${(size - y).toFixed(1)}" r="2"/>`);
    }
    return `<g fill="${fill}" fill-opacity="0.6">${circles.join("")}</g>`;
  };
  const drawing = dots(data, "#b0b0b0") + dots(samples, "#1f5fd0");
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${size}" height="${size}"><rect width="100%" height="100%" fill="white"/>${drawing}</svg>`;
  return sharp(Buffer.from(svg)).png().toBuffer();
}
