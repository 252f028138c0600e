/** Samples as files, and as text on a terminal. */
import { isImage, type Card } from "@ncsn/core";
import type { Images } from "../../model.ts";
import { animatedGif } from "../pictures/animated-gif.ts";
import { halfBlocks } from "../pictures/half-blocks.ts";
import { imageGrid, oneImage, type GridOptions } from "../pictures/image-grid.ts";
import { npy } from "../pictures/npy.ts";
import { png } from "../pictures/png.ts";
import { magnify, type Raster } from "../pictures/raster.ts";
import { scatterPlot, viewOf } from "../pictures/scatter-plot.ts";
import type { Files, OutputKind } from "./output.ts";
import { UsageError } from "./usage-error.ts";

/** What was sampled. */
export interface Samples {
  readonly images: Images;
  /** Moments on the way, the last one among them; for an animation. */
  readonly frames: readonly Images[];
  /** Number of the first image. */
  readonly first: number;
}

/** How pictures are laid out. */
export interface Layout {
  readonly columns?: number;
  readonly scale?: number;
}

const comfortable = 512; // pixels: the width of a picture on a screen

/** Whether the model's samples can be written so. @throws UsageError */
export function checkKind(card: Card, kind: OutputKind): void {
  if (isImage(card) || kind === "npy") return;
  if (card.shape[0] !== 2)
    throw new UsageError(`points of ${card.shape[0]} coordinates cannot be drawn: give an out in .npy`);
  if (kind === "folder")
    throw new UsageError("points cannot be written one by one: give an out in .png, .gif or .npy");
}

/** The files' contents. */
export async function filesOf(
  card: Card,
  { images, frames, first }: Samples,
  kind: OutputKind,
  layout: Layout,
): Promise<Files> {
  switch (kind) {
    case "npy":
      return new Map([["", npy(images)]]);
    case "png":
      return new Map([["", await png(picture(card, images, layout))]]);
    case "gif":
      return new Map([["", animatedGif(animation(card, frames, layout))]]);
    case "folder": {
      const digits = Math.max(4, String(first + images.shape[0] - 1).length);
      const files = new Map<string, Uint8Array>();
      for (let i = 0; i < images.shape[0]; i++) {
        const name = `${String(first + i).padStart(digits, "0")}.png`;
        files.set(name, await png(magnify(oneImage(images, i), layout.scale ?? 1)));
      }
      return files;
    }
  }
}

function picture(
  card: Card,
  images: Images,
  { columns, scale }: Layout,
  view = isImage(card) ? undefined : viewOf(images.data),
): Raster {
  if (view !== undefined) return magnify(scatterPlot(images.data, view), scale ?? 1);
  const grid = imageGrid(images, { columns });
  return magnify(grid, scale ?? Math.max(1, Math.ceil(comfortable / grid.width)));
}

/** Some three seconds, however many moments there are; the result stays for two more. */
function* animation(card: Card, frames: readonly Images[], layout: Layout) {
  const last = frames[frames.length - 1];
  const view = isImage(card) ? undefined : viewOf(last.data); // one for all: the points move, not the axes
  const delay = Math.min(160, Math.max(40, 3000 / frames.length));
  for (const frame of frames)
    yield { raster: picture(card, frame, layout, view), delay: frame === last ? 2000 : delay };
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
