/** CIFAR-10 in its binary version: records of a label and 3 × 32 × 32 bytes, colour by colour. */
import { basename, join } from "node:path";
import type { Dataset } from "@ncsn/core";
import { list, type ReadEntry } from "tar";
import { byteImages } from "./byte-images.ts";
import { DatasetError } from "./dataset-error.ts";
import { cached, cacheFolder } from "./download.ts";
import { namesIn, readUnpacked } from "./files.ts";

const classes = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];
const archive = { name: "cifar-10-binary.tar.gz", md5: "c32a1d4ab5d03f1284b67883e8d87530" };
const usualMirrors = ["https://www.cs.toronto.edu/~kriz/", "https://cave.cs.toronto.edu/kriz/"];
const shape = [3, 32, 32] as const;
const dimension = 3 * 32 * 32;

/** The files of each half. */
const batches = { train: /^data_batch.*\.bin(\.gz)?$/, test: /^test_batch.*\.bin(\.gz)?$/ };

/** The bytes of a batch, and the file they are from. */
export interface Batch {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/**
 * Opens one half of the set, [3, 32, 32] in 10 classes: all batches that are there, in the order of their names.
 * @param data the folder of the batches (or of `cifar-10-batches-bin`), each gzipped or not; without it the archive is
 *   fetched into the cache
 * @param mirrors addresses before the archive's name, in place of the usual ones
 * @throws DatasetError
 */
export async function openCifar10({
  split,
  data,
  mirrors = usualMirrors,
}: {
  split: "train" | "test";
  data?: string;
  mirrors?: readonly string[];
}): Promise<Dataset> {
  const found =
    data === undefined
      ? await readArchive(await cached(archive, cacheFolder("cifar10"), mirrors), split)
      : await fromFolder(data, split);
  for (const batch of found) check(batch);
  const count = found.reduce((sum, { bytes }) => sum + bytes.length / (1 + dimension), 0);
  const pixels = new Uint8Array(count * dimension);
  const labels = new Uint8Array(count);
  let item = 0;
  for (const { bytes } of found) {
    for (let at = 0; at < bytes.length; at += 1 + dimension) {
      labels[item] = bytes[at];
      pixels.set(bytes.subarray(at + 1, at + 1 + dimension), item * dimension);
      item++;
    }
  }
  return byteImages({ name: "cifar10", shape, bytes: pixels, labels, classes });
}

async function fromFolder(data: string, split: "train" | "test"): Promise<Batch[]> {
  const nested = "cifar-10-batches-bin";
  const names = await namesIn(data);
  const folder = names.includes(nested) ? join(data, nested) : data;
  const present = names.includes(nested) ? await namesIn(folder) : names;
  const unpacked = (name: string) => name.endsWith(".gz") && present.includes(name.slice(0, -3));
  const chosen = present.filter((name) => batches[split].test(name) && !unpacked(name));
  if (chosen.length === 0) {
    throw new DatasetError(
      `missing files: no ${split === "train" ? "data" : "test"}_batch*.bin or .bin.gz in ${folder}`,
    );
  }
  const paths = chosen.map((name) => join(folder, name));
  return Promise.all(paths.map(async (path) => ({ path, bytes: await readUnpacked(path) })));
}

/** The batches of one half in an archive (.tar or .tar.gz), in the order of their paths in it. */
export async function readArchive(path: string, split: "train" | "test"): Promise<Batch[]> {
  const found: Batch[] = [];
  const reads: Promise<void>[] = [];
  const onReadEntry = (entry: ReadEntry) => {
    if (!batches[split].test(basename(entry.path))) return entry.resume();
    reads.push(entry.concat().then((bytes) => void found.push({ path: `${path}:${entry.path}`, bytes })));
  };
  await list({ file: path, strict: true, onReadEntry });
  await Promise.all(reads);
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

function check({ path, bytes }: Batch): void {
  if (bytes.length === 0 || bytes.length % (1 + dimension) !== 0) {
    throw new DatasetError(
      `not a CIFAR-10 batch: ${path} (${bytes.length} bytes, need a multiple of ${1 + dimension})`,
    );
  }
  for (let at = 0; at < bytes.length; at += 1 + dimension) {
    if (bytes[at] > 9)
      throw new DatasetError(`not a CIFAR-10 batch: ${path} (label ${bytes[at]} at byte ${at}, need 0 to 9)`);
  }
}
