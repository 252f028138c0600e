/** Any folder of images: each fitted to a square, classes by subfolder. */
import { readdir } from "node:fs/promises";
import { totalmem } from "node:os";
import { extname, join, relative, sep } from "node:path";
import type { Dataset } from "@ncsn/core";
import sharp from "sharp";
import { byteImages } from "./byte-images.ts";
import { DatasetError } from "./dataset-error.ts";
import { namesIn } from "./files.ts";
import { progressBar } from "./progress-bar.ts";

/** How images are read where nothing else is asked for. */
export const folderDefaults = {
  /** Height and width, pixels. */
  size: 32,
  /** Three channels, or one of grey. */
  colour: true,
} as const;

const extensions = new Set([".avif", ".gif", ".jpeg", ".jpg", ".png", ".svg", ".tif", ".tiff", ".webp"]);
const kinds = [...extensions].join(", ");
const listed = 10; // unreadable files named in the notes
const atOnce = 16; // images decoded side by side

/**
 * Opens a folder of images and its subfolders, sorted by path. An image is turned as its EXIF says, laid on white if it
 * is transparent, scaled so that its shorter side fits, and cropped about its centre. The classes are the names of the
 * folder's immediate subfolders; an image beside them has class −1. Where the folder has subfolders `train` and `test`,
 * each is a half of its own.
 * @returns the data set, and notes on what was skipped
 * @throws DatasetError
 */
export async function openFolder({
  split,
  data,
  size = folderDefaults.size,
  colour = folderDefaults.colour,
}: {
  split: "train" | "test";
  data: string;
  size?: number;
  colour?: boolean;
}): Promise<{ dataset: Dataset; notes: string[] }> {
  if (!Number.isInteger(size) || size < 1 || size > 4096) {
    throw new DatasetError(`invalid size: ${size} (need an integer from 1 to 4096)`);
  }
  const notes: string[] = [];
  const names = await namesIn(data);
  const halved = names.includes("train") && names.includes("test");
  const root = halved ? join(data, split) : data;
  if (!halved && split === "test") {
    notes.push(`${data} has no subfolders train and test: tested on the training images`);
  }
  const files = await filesUnder(root);
  const both = halved
    ? [...files, ...(await filesUnder(join(data, split === "train" ? "test" : "train")))]
    : files;
  const classes = [...new Set(both.filter(isImage).map(top))].filter((name) => name !== "").sort();
  const images = files.filter(isImage);
  const others = files.length - images.length;
  if (images.length === 0)
    throw new DatasetError(`no images in ${root} (${counted(others, "other file")}; need ${kinds})`);
  if (others > 0) notes.push(`ignored ${counted(others, "file")} of another kind than ${kinds}`);

  const shape = [colour ? 3 : 1, size, size] as const;
  const { bytes, readable, unreadable } = await decodeAll(root, images, shape);
  if (unreadable.length > 0) {
    const all = counted(unreadable.length, "unreadable file");
    if (readable.length === 0) throw new DatasetError(`no images in ${root} (${all}: ${unreadable[0]})`);
    const more = unreadable.length > listed ? ` and ${unreadable.length - listed} more` : "";
    notes.push(`skipped ${all}: ${unreadable.slice(0, listed).join(", ")}${more}`);
  }
  const labels = Int32Array.from(readable, (path) => classes.indexOf(top(path)));
  const dataset = byteImages({
    name: "folder",
    shape,
    bytes,
    ...(classes.length > 0 ? { classes, labels } : {}),
  });
  return { dataset, notes };
}

/** Paths below a folder, relative to it, in the order of their UTF-16 codes; hidden files and folders are left out. */
async function filesUnder(root: string): Promise<string[]> {
  await namesIn(root); // for its message where there is no such folder
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter((path) => !path.split(sep).some((part) => part.startsWith(".") || part === "__MACOSX"))
    .sort();
}

function isImage(path: string): boolean {
  return extensions.has(extname(path).toLowerCase());
}

/** The first folder on a relative path, or "" for a file that lies in none. */
function top(path: string): string {
  return path.slice(0, Math.max(0, path.indexOf(sep)));
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

/** All images that can be decoded, one after the other, channels first; the others with a reason. */
async function decodeAll(
  root: string,
  images: readonly string[],
  shape: readonly [channels: number, height: number, width: number],
): Promise<{ bytes: Uint8Array; readable: string[]; unreadable: string[] }> {
  const dimension = shape[0] * shape[1] * shape[2];
  const need = images.length * dimension;
  if (need > totalmem()) {
    const gigabytes = [need, totalmem()].map((size) => (size / 1e9).toFixed(1));
    throw new DatasetError(
      `too many images: ${images.length} of ${shape.join("×")} need ${gigabytes[0]} GB of memory (this machine has ${gigabytes[1]}; take a smaller size)`,
    );
  }
  const bytes = new Uint8Array(need);
  const readable: string[] = [];
  const unreadable: string[] = [];
  const bar = progressBar(`reading ${root}`, images.length, "images");
  for (let from = 0; from < images.length; from += atOnce) {
    const some = images.slice(from, from + atOnce);
    const decoded = await Promise.all(some.map((file) => decode(join(root, file), shape)));
    decoded.forEach((pixels, i) => {
      if (typeof pixels === "string") {
        unreadable.push(`${some[i]} (${pixels})`);
        return;
      }
      const to = readable.push(some[i]) * dimension;
      channelsFirst(pixels, shape[0], bytes.subarray(to - dimension, to));
    });
    bar.update(from + some.length);
  }
  bar.stop();
  return { bytes: bytes.subarray(0, readable.length * dimension), readable, unreadable };
}

/** The pixels of one image, channels last, or in words why there are none. */
async function decode(
  path: string,
  [channels, height, width]: readonly [channels: number, height: number, width: number],
): Promise<Uint8Array | string> {
  try {
    return await sharp(path)
      .autoOrient()
      .resize(width, height, { fit: "cover", position: "centre" })
      .flatten({ background: "white" })
      .toColourspace(channels === 3 ? "srgb" : "b-w")
      .raw({ depth: "uchar" })
      .toBuffer();
  } catch (error) {
    return (error instanceof Error ? error.message : String(error)).replaceAll("\n", " ");
  }
}

function channelsFirst(pixels: Uint8Array, channels: number, out: Uint8Array): void {
  const area = out.length / channels;
  for (let c = 0; c < channels; c++)
    for (let i = 0; i < area; i++) out[c * area + i] = pixels[i * channels + c];
}
