/** The data sets one can train on, by name. */
import {
  proceduralDatasets,
  split as child,
  type Dataset,
  type Key,
  type ProceduralDataset,
} from "@ncsn/core";
import { openCifar10 } from "./cifar10.ts";
import { DatasetError } from "./dataset-error.ts";
import { openFolder } from "./folder.ts";
import { openMnist } from "./mnist.ts";

export { cacheFolder } from "./download.ts";
export { DatasetError } from "./dataset-error.ts";
export { folderDefaults } from "./folder.ts";

/** What to open, and how. */
export interface DatasetRequest {
  /** One of {@link datasetNames}. */
  readonly name: string;
  /** The folder of the files, for sets that are read from files. */
  readonly data?: string;
  readonly split: "train" | "test";
  /** The key that procedural sets are drawn from. */
  readonly key: Key;
  /** Height and width of the images of a folder. */
  readonly size?: number;
  /** Whether the images of a folder have three channels. */
  readonly colour?: boolean;
  /** Addresses before the names of files to download, in place of the usual ones. */
  readonly mirrors?: readonly string[];
}

/** A data set, and what is worth telling about how it was read. */
export interface OpenedDataset {
  readonly dataset: Dataset;
  readonly notes: readonly string[];
}

type Opener = (request: DatasetRequest) => Promise<OpenedDataset>;

const drawn = new Map<string, ProceduralDataset>(Object.entries(proceduralDatasets));

const read = new Map<string, Opener>([
  ["mnist", async (request) => ({ dataset: await openMnist("mnist", fixed(request)), notes: [] })],
  [
    "fashion-mnist",
    async (request) => ({ dataset: await openMnist("fashion-mnist", fixed(request)), notes: [] }),
  ],
  ["cifar10", async (request) => ({ dataset: await openCifar10(fixed(request)), notes: [] })],
  ["folder", openAnyFolder],
]);

/** Every name that {@link openDataset} knows: those drawn from a key, then those read from files. */
export const datasetNames: readonly string[] = [...drawn.keys(), ...read.keys()];

/** Whether a data set is read from files, so that it may be told where they are. */
export const readsFiles = (name: string): boolean => read.has(name);

/**
 * Opens one half of a data set. The halves of a procedural set are drawn from two children of its key.
 * @throws DatasetError with one line for the user
 */
export async function openDataset(request: DatasetRequest): Promise<OpenedDataset> {
  const { name, split, key } = request;
  const make = drawn.get(name);
  if (make !== undefined) {
    if (request.data !== undefined) {
      throw new DatasetError(
        `invalid data: ${request.data} (${name} is drawn from the seed and reads no files)`,
      );
    }
    fixed(request);
    return { dataset: make(child(key, split === "train" ? 0 : 1)), notes: [] };
  }
  const open = read.get(name);
  if (open === undefined)
    throw new DatasetError(`unknown data set: ${name} (known: ${datasetNames.join(", ")})`);
  return open(request);
}

async function openAnyFolder({ data, ...request }: DatasetRequest): Promise<OpenedDataset> {
  if (data === undefined)
    throw new DatasetError("missing data: the data set folder needs a folder of images, --data DIR");
  return openFolder({ ...request, data });
}

/** A request for a set whose images are as they are. */
function fixed(request: DatasetRequest): DatasetRequest {
  const { name, size, colour } = request;
  if (size !== undefined)
    throw new DatasetError(`invalid size: ${size} (only the data set folder has one, not ${name})`);
  if (colour !== undefined) {
    throw new DatasetError(`invalid colour: ${colour} (only the data set folder has a choice, not ${name})`);
  }
  return request;
}
