/**
 * Convolutions. All of them are one form, linear in image x [N, C, H, W], weight w [O, C, kh, kw] and image y
 * [N, O, H′, W′]: Σ x·w·y over the triples where a pixel of x lies under a weight for a pixel of y. Each operator
 * takes two of the three and gives what stands beside the third.
 */
import { geometryOf } from "../attributes.ts";
import type { Attributes } from "../operators.ts";
import type { Kernel } from "./kernel.ts";
import { count, type Sizes } from "./positions.ts";

/** Visits the positions of all triples. Channels of x may lie in `group` groups, each with its share of y's. */
function triples(
  [xShape, wShape, yShape]: readonly Sizes[],
  attributes: Attributes,
  visit: (x: number, w: number, y: number) => void,
): void {
  const { strides, dilations, pads } = geometryOf(attributes);
  const [images, channels, height, width] = xShape;
  const [filters, perGroup, kernelHeight, kernelWidth] = wShape;
  const [, , outHeight, outWidth] = yShape;
  const filtersPerGroup = (filters * perGroup) / channels;
  let y = 0;
  for (let n = 0; n < images; n++)
    for (let o = 0; o < filters; o++) {
      const first = Math.floor(o / filtersPerGroup) * perGroup;
      for (let row = 0; row < outHeight; row++)
        for (let column = 0; column < outWidth; column++, y++)
          for (let c = 0; c < perGroup; c++)
            for (let i = 0; i < kernelHeight; i++) {
              const yy = row * strides[0] + i * dilations[0] - pads[0];
              if (yy < 0 || yy >= height) continue;
              for (let j = 0; j < kernelWidth; j++) {
                const xx = column * strides[1] + j * dilations[1] - pads[1];
                if (xx < 0 || xx >= width) continue;
                visit(
                  ((n * channels + first + c) * height + yy) * width + xx,
                  ((o * perGroup + c) * kernelHeight + i) * kernelWidth + j,
                  y,
                );
              }
            }
    }
}

/** `kernel_shape` may be left to the weight. */
const withKernel = (attributes: Attributes, w: Sizes): Attributes => ({
  kernel_shape: w.slice(2),
  ...attributes,
});

export const Conv: Kernel = ({ inputs: [x, w, bias], attributes, shape }) => {
  const area = shape[2] * shape[3];
  const y = new Float64Array(count(shape));
  if (bias !== undefined) y.forEach((_, i) => (y[i] = bias.data[Math.floor(i / area) % shape[1]]));
  triples([x.shape, w.shape, shape], withKernel(attributes, w.shape), (ix, iw, iy) => {
    y[iy] += x.data[ix] * w.data[iw];
  });
  return y;
};

export const ConvGradInput: Kernel = ({ inputs: [y, w], attributes, shape }) => {
  const x = new Float64Array(count(shape));
  triples([shape, w.shape, y.shape], withKernel(attributes, w.shape), (ix, iw, iy) => {
    x[ix] += y.data[iy] * w.data[iw];
  });
  return x;
};

/** ONNX's name for the same, with the result's size told by `output_padding`. */
export const ConvTranspose = ConvGradInput;

export const ConvGradWeight: Kernel = ({ inputs: [x, y], attributes, shape }) => {
  const w = new Float64Array(count(shape));
  triples([x.shape, shape, y.shape], attributes, (ix, iw, iy) => {
    w[iw] += x.data[ix] * y.data[iy];
  });
  return w;
};
