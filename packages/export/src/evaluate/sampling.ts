/** Operators that change the resolution of images: pooling and interpolation. */
import { between } from "@ncsn/core";
import { geometryOf } from "../attributes.ts";
import type { Attributes } from "../operators.ts";
import type { Kernel } from "./kernel.ts";
import { count, type Sizes } from "./positions.ts";

/** The pixels of a window that lie in the image, made one number; `area` is the window's. */
const pool =
  (combine: (pixels: readonly number[], area: number, attributes: Attributes) => number): Kernel =>
  ({ inputs: [x], attributes, shape }) => {
    const { kernel, strides, pads } = geometryOf(attributes);
    const [height, width] = x.shape.slice(2);
    return perPixel(shape, (plane, row, column) => {
      const pixels: number[] = [];
      for (let i = 0; i < kernel[0]; i++)
        for (let j = 0; j < kernel[1]; j++) {
          const [yy, xx] = [row * strides[0] + i - pads[0], column * strides[1] + j - pads[1]];
          if (yy >= 0 && yy < height && xx >= 0 && xx < width)
            pixels.push(x.data[(plane * height + yy) * width + xx]);
        }
      return combine(pixels, kernel[0] * kernel[1], attributes);
    });
  };

/** Padding is counted, as zeros, where `count_include_pad` is 1. */
export const AveragePool = pool(
  (pixels, area, { count_include_pad: counted }) =>
    pixels.reduce((a, b) => a + b, 0) / (counted === 1 ? area : pixels.length),
);
export const MaxPool = pool((pixels) => Math.max(...pixels));

/** The two modes that the vocabulary uses. @throws TypeError for another */
export const Resize: Kernel = ({ inputs: [x, , scales], attributes, shape }) => {
  const { mode, coordinate_transformation_mode: coordinates, nearest_mode: rounding } = attributes;
  const [height, width] = x.shape.slice(2);
  const at = (plane: number, yy: number, xx: number): number => x.data[(plane * height + yy) * width + xx];
  switch (`${String(mode)} ${String(coordinates)} ${String(rounding ?? "")}`) {
    case "nearest asymmetric floor":
      return perPixel(shape, (plane, row, column) =>
        at(plane, Math.floor(row / scales.data[2]), Math.floor(column / scales.data[3])),
      );
    case "linear align_corners ":
      return perPixel(shape, (plane, row, column) => {
        const [y0, y1, fy] = between(row, shape[2], height);
        const [x0, x1, fx] = between(column, shape[3], width);
        const top = (1 - fx) * at(plane, y0, x0) + fx * at(plane, y0, x1);
        const bottom = (1 - fx) * at(plane, y1, x0) + fx * at(plane, y1, x1);
        return (1 - fy) * top + fy * bottom;
      });
    default:
      throw new TypeError(
        `cannot resize in mode ${String(mode)}, ${String(coordinates)}, ${String(rounding)}`,
      );
  }
};

function perPixel(shape: Sizes, f: (plane: number, row: number, column: number) => number): Float64Array {
  const [height, width] = shape.slice(2);
  const area = height * width;
  return Float64Array.from({ length: count(shape) }, (_, i) =>
    f(Math.floor(i / area), Math.floor(i / width) % height, i % width),
  );
}
