/** Any folder of images: each fitted to a square, classes by subfolder. */
import { readdir } from "node:fs/promises";
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
  if (!halved && split === "test")
    notes.push(`${data} has no subfolders train and test: tested on the training images`);
  const files = await filesUnder(root);
  const classes = classesOf(
    halved ? [...files, ...(await filesUnder(join(data, split === "train" ? "test" : "train")))] : files,
  );
  const images = files.filter((file) => extensions.has(extname(file).toLowerCase()));
  const kinds = [...extensions].join(", ");
  if (images.length === 0) {
    throw new DatasetError(`no images in ${root} (${files.length} other files; need ${kinds})`);
  }
  const others = files.length - images.length;
  if (others > 0)
    notes.push(`ignored ${others} ${others === 1 ? "file" : "files"} of another kind than ${kinds}`);
  const shape = [colour ? 3 : 1, size, size] as const;
  const dimension = shape[0] * size * size;
  const bytes = new Uint8Array(images.length * dimension);
  const readable: string[] = [];
  const unreadable: string[] = [];
  const bar = progressBar(`reading ${root}`, images.length, "images");
  for (let from = 0; from < images.length; from += atOnce) {
    const some = images.slice(from, from + atOnce);
    const decoded = await Promise.all(some.map((file) => decode(join(root, file), size, colour)));
    decoded.forEach((result, i) => {
      if (typeof result === "string") {
        unreadable.push(`${some[i]} (${result})`);
      } else {
        planes(
          result,
          shape[0],
          bytes.subarray(readable.length * dimension, (readable.length + 1) * dimension),
        );
        readable.push(some[i]);
      }
    });
    bar.update(from + some.length);
  }
  bar.stop();
  if (unreadable.length > 0) {
    const more = unreadable.length > listed ? ` and ${unreadable.length - listed} more` : "";
    const all = `${unreadable.length} unreadable ${unreadable.length === 1 ? "file" : "files"}`;
    if (readable.length === 0) throw new DatasetError(`no images in ${root} (${all}: ${unreadable[0]})`);
    notes.push(`skipped ${all}: ${unreadable.slice(0, listed).join(", ")}${more}`);
  }
  const dataset = byteImages({
    name: "folder",
    shape,
    bytes: bytes.subarray(0, readable.length * dimension),
    ...(classes.length > 0
      ? { classes, labels: Int32Array.from(readable, (path) => classes.indexOf(top(path))) }
      : {}),
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

/** The pixels of one image, channels last, or in words why there are none. */
async function decode(path: string, size: number, colour: boolean): Promise<Uint8Array | string> {
  try {
    return await sharp(path)
      .autoOrient()
      .resize(size, size, { fit: "cover", position: "centre" })
      .flatten({ background: "white" })
      .toColourspace(colour ? "srgb" : "b-w")
      .raw({ depth: "uchar" })
      .toBuffer();
  } catch (error) {
    return error instanceof Error ? error.message.split("\n")[0] : String(error);
  }
}

function planes(pixels: Uint8Array, channels: number, out: Uint8Array): void {
  const area = out.length / channels;
  for (let c = 0; c < channels; c++)
    for (let i = 0; i < area; i++) out[c * area + i] = pixels[i * channels + c];
}

/** The first folder on a relative path, or "" for a file that lies in none. */
function top(path: string): string {
  return path.slice(0, Math.max(0, path.indexOf(sep)));
}

function classesOf(paths: readonly string[]): string[] {
  const images = paths.filter((path) => extensions.has(extname(path).toLowerCase()));
  return [...new Set(images.map(top))].filter((name) => name !== "").sort();
}
