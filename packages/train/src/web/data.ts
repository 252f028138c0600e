import { proceduralDatasets, type Dataset, type ProceduralDatasetName } from "@ncsn/core";
import { dataKey } from "../batches.ts";
import { pointsDataset } from "../points-dataset.ts";
import type { PageData } from "./protocol.ts";

/** The data set of a run in a page. @throws RangeError for a name that is not known, or points that are none */
export function openData(data: PageData, seed: number): Dataset {
  if ("points" in data) return pointsDataset(data.points);
  if (Object.hasOwn(proceduralDatasets, data.dataset))
    return proceduralDatasets[data.dataset as ProceduralDatasetName](dataKey(seed));
  const known = Object.keys(proceduralDatasets).join(", ");
  throw new RangeError(`unknown dataset: ${data.dataset} (known: ${known})`);
}
