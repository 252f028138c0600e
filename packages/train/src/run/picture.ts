/** Samples as PNG: images in a grid, points as a plot. */
import { isImage, type RunConfig } from "@ncsn/core";
import { plotPlane, svgToPng, viewOf } from "@ncsn/infer/node";
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
  const plane = (points: Float32Array): Float32Array =>
    Float32Array.from({ length: (2 * points.length) / channels }, (_, i) => {
      const axis = Math.min(i % 2, channels - 1);
      return points[Math.floor(i / 2) * channels + axis];
    });
  const seen = plane(data);
  return svgToPng(await plotPlane({ data: seen, samples: plane(samples) }, { view: viewOf(seen) }));
}
