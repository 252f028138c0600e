/** Pictures on a canvas with as many pixels as the screen has there. */
import type { Picture } from "./recording.ts";

/** What a stage has to know beside the picture. */
export interface StageLayout {
  readonly count: number;
  /** Images in a row; as near to a square as can be unless told. */
  readonly columns: number | undefined;
  readonly shape: readonly [channels: number, height: number, width: number];
  /** The square of the plane that is shown of points. */
  readonly window: PlaneWindow;
}

/** A square of the plane, in the data's units. */
export interface PlaneWindow {
  readonly centre: number;
  /** Half of its side. */
  readonly reach: number;
}

/** The canvas and how pictures get onto it. */
export class Stage {
  readonly canvas = document.createElement("canvas");
  readonly #resized: ResizeObserver;
  #layout: StageLayout | undefined;
  #picture: Picture | undefined;

  constructor() {
    this.#resized = new ResizeObserver(([entry]) => {
      const { width, height } = entry.contentRect;
      const [exact] = entry.devicePixelContentBoxSize ?? [];
      this.canvas.width = wholePixels(width, exact?.inlineSize);
      this.canvas.height = wholePixels(height, exact?.blockSize);
      this.redraw();
    });
  }

  /** Follows the size of the canvas on the screen, or stops doing so. */
  set observing(on: boolean) {
    const exact = "devicePixelContentBoxSize" in ResizeObserverEntry.prototype;
    if (on) this.#resized.observe(this.canvas, exact ? { box: "device-pixel-content-box" } : {});
    else this.#resized.disconnect();
  }

  /** Gives the canvas the proportions of what is to come. */
  set layout(layout: StageLayout) {
    this.#layout = layout;
    const { width, height } = gridOf(layout);
    this.canvas.style.aspectRatio = `${width} / ${height}`;
    this.redraw();
  }

  show(picture: Picture | undefined): void {
    this.#picture = picture;
    this.redraw();
  }

  redraw(): void {
    const [picture, layout] = [this.#picture, this.#layout];
    const { width, height } = this.canvas;
    const context = this.canvas.getContext("2d");
    if (!context || width * height === 0) return;
    context.clearRect(0, 0, width, height);
    if (!picture || !layout) return;
    if (picture.data instanceof Uint8Array) drawImages(context, picture, layout);
    else drawPoints(context, picture.data, layout.window, getComputedStyle(this.canvas).color);
  }
}

/** The browser knows how it has rounded a box; the size of an emulated screen it does not. */
function wholePixels(size: number, exact: number | undefined): number {
  const pixels = size * devicePixelRatio;
  return exact !== undefined && Math.abs(exact - pixels) < 1 ? exact : Math.round(pixels);
}

interface Grid {
  readonly columns: number;
  /** Pixels of the data between two images. */
  readonly gap: number;
  readonly width: number;
  readonly height: number;
}

/** The size of all images side by side, in pixels of the data; a square for points. */
function gridOf({ count, columns = evenColumns(count), shape: [, height, width] }: StageLayout): Grid {
  if (width * height === 1) return { columns: 1, gap: 0, width: 1, height: 1 };
  const across = Math.min(columns, count);
  const gap = Math.max(1, Math.round(Math.min(width, height) / 14));
  const size = (images: number, pixels: number) => images * (pixels + gap) - gap;
  return {
    columns: across,
    gap,
    width: size(across, width),
    height: size(Math.ceil(count / across), height),
  };
}

/** As near to a square as can be: whole rows where some not too wide have them. */
export function evenColumns(count: number): number {
  const square = Math.ceil(Math.sqrt(count));
  for (let columns = square; columns <= 2 * Math.sqrt(count); columns++)
    if (count % columns === 0) return columns;
  return square;
}

/**
 * Every pixel of the data as a square. Where the canvas is no whole multiple of the data, squares of the next larger
 * whole size are shrunk to it: all are the same size, and at most their edges are soft by less than a pixel.
 */
function drawImages(context: CanvasRenderingContext2D, picture: Picture, layout: StageLayout): void {
  const { shape, data } = picture;
  const [count, channels, height, width] = shape;
  const grid = gridOf(layout);
  const rgba = new ImageData(grid.width, grid.height);
  const plane = height * width;
  const [red, green, blue] = channels === 3 ? [0, plane, 2 * plane] : [0, 0, 0];
  for (let image = 0; image < count; image++) {
    const left = (image % grid.columns) * (width + grid.gap);
    const top = Math.floor(image / grid.columns) * (height + grid.gap);
    for (let pixel = 0; pixel < plane; pixel++) {
      const at = 4 * ((top + Math.floor(pixel / width)) * grid.width + left + (pixel % width));
      const from = image * channels * plane + pixel;
      rgba.data[at] = data[from + red];
      rgba.data[at + 1] = data[from + green];
      rgba.data[at + 2] = data[from + blue];
      rgba.data[at + 3] = 255;
    }
  }
  const small = new OffscreenCanvas(grid.width, grid.height);
  small.getContext("2d")?.putImageData(rgba, 0, 0);
  const whole = Math.ceil(context.canvas.width / grid.width);
  const large = new OffscreenCanvas(grid.width * whole, grid.height * whole);
  const crisp = large.getContext("2d");
  if (!crisp) return;
  crisp.imageSmoothingEnabled = false;
  crisp.drawImage(small, 0, 0, large.width, large.height);
  context.imageSmoothingQuality = "high";
  context.drawImage(large, 0, 0, context.canvas.width, context.canvas.height);
}

/** Points as dots in the colour of the text, faint enough that many on one place show. */
function drawPoints(
  context: CanvasRenderingContext2D,
  points: ArrayLike<number>,
  { centre, reach }: PlaneWindow,
  colour: string,
): void {
  const { width: size } = context.canvas;
  const radius = Math.min(Math.max(0.75 * devicePixelRatio, size / 9 / Math.sqrt(points.length)), size / 90);
  context.fillStyle = colour;
  context.globalAlpha = 0.55;
  for (let i = 0; i < points.length; i += 2) {
    const x = ((points[i] - centre) / reach + 1) * 0.5 * size;
    const y = (1 - (points[i + 1] - centre) / reach) * 0.5 * size;
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.fill();
  }
  context.globalAlpha = 1;
}
