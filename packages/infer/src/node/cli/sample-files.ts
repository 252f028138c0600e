/** Samples as files, and as text on a terminal. */
import { isImage, type Card } from "@ncsn/core";
import type { Images } from "../../model.ts";
import { animatedGif } from "../pictures/animated-gif.ts";
import { halfBlocks } from "../pictures/half-blocks.ts";
import { imageGrid, oneImage, type GridOptions } from "../pictures/image-grid.ts";
import { npy } from "../pictures/npy.ts";
import { png } from "../pictures/png.ts";
import { plotPlane, type Field } from "../pictures/plane-plot.ts";
import { magnify, type Raster } from "../pictures/raster.ts";
import { scatterPlot, viewOf, type View } from "../pictures/scatter-plot.ts";
import { svgToPng } from "../pictures/svg-plot.ts";
import type { Files, OutputKind } from "./output.ts";
import type { Typed } from "./sample-request.ts";
import { UsageError } from "./usage-error.ts";

/** What was sampled. */
export interface Samples {
  readonly images: Images;
  /** Moments on the way, the last one among them; for an animation and for trajectories. */
  readonly frames: readonly Images[];
  /** Number of the first image. */
  readonly first: number;
  /** The score, in the points' units. */
  readonly field?: Field;
}

/** How pictures are laid out. */
export interface Layout {
  readonly columns?: number;
  readonly scale?: number;
  /** Points whose ways are drawn. */
  readonly trajectories?: number;
}

/** Pixels: the least width of a picture on a screen; less of an animation, for noise makes large files. */
const comfortable = { png: 512, gif: 320 };

/** Whether the model's samples can be written so. @throws UsageError */
export function checkKind(card: Card, kind: OutputKind, typed: Pick<Typed, "field" | "trajectories">): void {
  const plot = card.shape[0] === 2 && !isImage(card) && (kind === "svg" || kind === "png");
  for (const name of ["field", "trajectories"] as const)
    if (typed[name] !== undefined && !plot)
      throw new UsageError(`${name} is for points of the plane in .svg or .png`);
  if (kind === "svg" && isImage(card))
    throw new UsageError("images cannot be written as .svg: give an out in .png");
  if (isImage(card) || kind === "npy") return;
  if (card.shape[0] !== 2)
    throw new UsageError(`points of ${card.shape[0]} coordinates cannot be drawn: give an out in .npy`);
  if (kind === "folder")
    throw new UsageError("points cannot be written one by one: give an out in .svg, .png, .gif or .npy");
}

/** The files' contents. */
export function filesOf(card: Card, samples: Samples, kind: OutputKind, layout: Layout): Promise<Files> {
  return writers[kind](card, samples, layout);
}

const oneFile = (bytes: Uint8Array): Files => new Map([["", bytes]]);

const writers: Record<OutputKind, (card: Card, samples: Samples, layout: Layout) => Promise<Files>> = {
  npy: (_, { images }) => Promise.resolve(oneFile(npy(images))),
  png: async (card, samples, layout) =>
    oneFile(
      isImage(card)
        ? await png(picture(card, samples.images, layout))
        : await svgToPng(await pointPlot(samples, layout), layout.scale),
    ),
  svg: async (_, samples, layout) => oneFile(Buffer.from(await pointPlot(samples, layout))),
  gif: (card, { frames }, layout) => Promise.resolve(oneFile(animatedGif(animation(card, frames, layout)))),
  async folder(_, { images, first }, { scale = 1 }) {
    const count = images.shape[0];
    const digits = Math.max(4, String(first + count - 1).length);
    const files = new Map<string, Uint8Array>();
    for (let i = 0; i < count; i++) {
      const name = `${String(first + i).padStart(digits, "0")}.png`;
      files.set(name, await png(magnify(oneImage(images, i), scale)));
    }
    return files;
  },
};

function pointPlot({ images, frames, field }: Samples, { trajectories }: Layout): Promise<string> {
  const paths = trajectories && frames.map(({ data }) => data.subarray(0, 2 * trajectories));
  return plotPlane({ samples: images.data, field, ...(paths && { paths }) });
}

function picture(
  card: Card,
  images: Images,
  { columns, scale }: Layout,
  width = comfortable.png,
  view?: View,
): Raster {
  if (!isImage(card)) return magnify(scatterPlot(images.data, view), scale ?? 1);
  const grid = imageGrid(images, { columns });
  return magnify(grid, scale ?? Math.max(1, Math.ceil(width / grid.width)));
}

/** Some three seconds, however many moments there are; the result stays for two more. */
function* animation(card: Card, frames: readonly Images[], layout: Layout) {
  const last = frames[frames.length - 1];
  const view = isImage(card) ? undefined : viewOf(last.data); // one for all: the points move, not the axes
  const delay = Math.min(160, Math.max(40, 3000 / frames.length));
  for (const frame of frames)
    yield {
      raster: picture(card, frame, layout, comfortable.gif, view),
      delay: frame === last ? 2000 : delay,
    };
}

/** The first of the samples for a terminal of so many columns. */
export function onTerminal(card: Card, images: Images, width: number): Promise<string> {
  if (!isImage(card)) return halfBlocks(scatterPlot(images.data), Math.min(width, 80));
  const [count, ...shape] = images.shape;
  const columns = Math.max(1, Math.min(count, Math.floor((width - 1) / (shape[2] + 1))));
  const shown = Math.min(count, 2 * columns);
  const grid: GridOptions = { columns, gap: 1 };
  return halfBlocks(
    imageGrid(
      { shape: [shown, ...shape], data: images.data.subarray(0, shown * shape[0] * shape[1] * shape[2]) },
      grid,
    ),
    width,
  );
}
