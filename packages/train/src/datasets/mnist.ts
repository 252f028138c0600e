/** MNIST and Fashion-MNIST: the four IDX files that both are published as. */
import type { Dataset } from "@ncsn/core";
import { byteImages } from "./byte-images.ts";
import { DatasetError } from "./dataset-error.ts";
import { cached, cacheFolder } from "./download.ts";
import { findFile } from "./files.ts";
import { readIdx } from "./idx.ts";

const sources = {
  mnist: {
    classes: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
    mirrors: [
      "https://ossci-datasets.s3.amazonaws.com/mnist/",
      "https://storage.googleapis.com/cvdf-datasets/mnist/",
      "https://raw.githubusercontent.com/fgnt/mnist/master/",
    ],
    md5: {
      "train-images-idx3-ubyte": "f68b3c2dcbeaaa9fbdd348bbdeb94873",
      "train-labels-idx1-ubyte": "d53e105ee54ea40749a09fcbcd1e9432",
      "t10k-images-idx3-ubyte": "9fb629c4189551a2d022fa330f9573f3",
      "t10k-labels-idx1-ubyte": "ec29112dd5afa0611ce80d1b7f02629c",
    },
  },
  "fashion-mnist": {
    classes: [
      "t-shirt",
      "trouser",
      "pullover",
      "dress",
      "coat",
      "sandal",
      "shirt",
      "sneaker",
      "bag",
      "ankle boot",
    ],
    mirrors: [
      "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
      "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    ],
    md5: {
      "train-images-idx3-ubyte": "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
      "train-labels-idx1-ubyte": "25c81989df183df01b3e8a0aad5dffbe",
      "t10k-images-idx3-ubyte": "bef4ecab320f06d8554ea6380940ec79",
      "t10k-labels-idx1-ubyte": "bb300cfdad3c16e7a12a480ee83cd310",
    },
  },
} as const;

/** The data sets that come as MNIST's four files. */
export type MnistName = keyof typeof sources;

/**
 * Opens one half of the set, [1, height, width] in 10 classes.
 *
 * Files of `data` may be altered copies (cropped sets, files with a few pixels changed), so only their structure is
 * checked; what is downloaded must have the published checksum.
 * @param data the folder of the files, gzipped or not; without it they are fetched into the cache
 * @param mirrors addresses before the files' names, in place of the usual ones
 * @throws DatasetError
 */
export async function openMnist(
  name: MnistName,
  {
    split,
    data,
    mirrors = sources[name].mirrors,
  }: { split: "train" | "test"; data?: string; mirrors?: readonly string[] },
): Promise<Dataset> {
  const { classes, md5 } = sources[name];
  const stem = split === "train" ? "train" : "t10k";
  const find = (file: keyof typeof md5) =>
    data === undefined
      ? cached({ name: `${file}.gz`, md5: md5[file] }, cacheFolder(name), mirrors)
      : findFile(data, [file, file.replace("-idx", ".idx")]);
  const imagePath = await find(`${stem}-images-idx3-ubyte`);
  const labelPath = await find(`${stem}-labels-idx1-ubyte`);
  const images = await readIdx(imagePath, 3);
  const labels = await readIdx(labelPath, 1);
  const [count, height, width] = images.dimensions;
  if (count === 0 || height === 0 || width === 0) throw new DatasetError(`no images: ${imagePath} is empty`);
  if (count !== labels.dimensions[0]) {
    throw new DatasetError(
      `counts disagree: ${count} images in ${imagePath}, ${labels.dimensions[0]} labels in ${labelPath}`,
    );
  }
  const wrong = labels.bytes.find((label) => label >= classes.length);
  if (wrong !== undefined) throw new DatasetError(`invalid label: ${wrong} in ${labelPath} (need 0 to 9)`);
  return byteImages({ name, shape: [1, height, width], bytes: images.bytes, labels: labels.bytes, classes });
}
