/** Pictures on canvases, crisp: a canvas has the pictures' own pixels, and CSS enlarges them by whole device pixels. */
import { mix, pack, palette } from "./palette.ts";

/** [channels, height, width] */
export type Shape = readonly [channels: number, height: number, width: number];

/** A sheet of pictures in rows. */
export interface Sheet {
  readonly count: number;
  readonly columns: number;
  readonly shape: Shape;
}

/**
 * The columns that show `count` pictures largest in a box of `width` × `height`; of several the most, and rather a full
 * rectangle than one with gaps.
 */
export function bestColumns(count: number, [, h, w]: Shape, width: number, height: number): number {
  let best = { columns: 1, size: 0 };
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const gaps = (rows * columns - count) / count;
    const size = wholePixels(Math.min(width / (columns * w), height / (rows * h))) * (1 - 0.6 * gaps);
    if (size >= best.size) best = { columns, size };
  }
  return best.columns;
}

/** An enlargement by whole device pixels, in CSS pixels; below two of them any will do. */
function wholePixels(enlargement: number): number {
  const ratio = devicePixelRatio;
  const fit = enlargement * ratio;
  return (fit >= 2 ? Math.floor(fit) : fit) / ratio;
}

/** Sets a canvas up for a sheet, as large as its box allows. */
export function layOut(canvas: HTMLCanvasElement, sheet: Sheet, width: number, height: number): void {
  const [w, h] = sizeOf(sheet);
  if (canvas.width !== w) canvas.width = w;
  if (canvas.height !== h) canvas.height = h;
  const scale = wholePixels(Math.min(width / w, height / h));
  canvas.style.width = `${w * scale}px`;
  canvas.style.height = `${h * scale}px`;
}

function sizeOf({ count, columns, shape: [, height, width] }: Sheet): [width: number, height: number] {
  return [columns * width, Math.ceil(count / columns) * height];
}

/** What paints sheets on one canvas, without allocating per picture. */
export interface Painter {
  /** Bytes of `from`, part of the way to `to`. */
  paint(sheet: Sheet, from: Uint8Array, to: Uint8Array, part: number): void;
  /** Numbers around 0 as the two inks, full at ±1; of several channels their mean. */
  paintSigned(shape: Shape, values: Float32Array): void;
}

/** Paints on a canvas. */
export function painter(canvas: HTMLCanvasElement): Painter {
  const context = canvas.getContext("2d");
  if (context === null) throw new Error("this browser has no 2-D canvas");
  let image = new ImageData(1, 1);
  let words = new Uint32Array(image.data.buffer);
  const take = (width: number, height: number) => {
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    if (image.width === width && image.height === height) return;
    image = new ImageData(width, height);
    words = new Uint32Array(image.data.buffer);
  };
  return {
    paint(sheet, from, to, part) {
      const { count, columns, shape } = sheet;
      const [channels, height, width] = shape;
      const [across, down] = sizeOf(sheet);
      take(across, down);
      const { ramp, paper } = palette();
      words.fill(pack(paper));
      const plane = height * width;
      const between = (at: number) => from[at] + (to[at] - from[at]) * part;
      for (let i = 0; i < count; i++) {
        const corner = Math.floor(i / columns) * height * across + (i % columns) * width;
        for (let y = 0; y < height; y++)
          for (let x = 0; x < width; x++) {
            const at = i * channels * plane + y * width + x;
            words[corner + y * across + x] =
              channels < 3
                ? ramp[(between(at) + 0.5) | 0]
                : pack([between(at), between(at + plane), between(at + 2 * plane)]);
          }
      }
      context.putImageData(image, 0, 0);
    },
    paintSigned([channels, height, width], values) {
      take(width, height);
      const { paper, warm, cold } = palette();
      const plane = height * width;
      for (let i = 0; i < plane; i++) {
        let sum = 0;
        for (let channel = 0; channel < channels; channel++) sum += values[channel * plane + i];
        const value = Math.min(Math.max(sum / channels, -1), 1);
        words[i] = pack(mix(paper, value > 0 ? warm : cold, Math.abs(value)));
      }
      context.putImageData(image, 0, 0);
    },
  };
}
