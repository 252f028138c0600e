import type { RunConfig } from "@ncsn/core";
import type { Training } from "./training.ts";

/** Where a worker's data come from: points, or a procedural set by name. */
export type PageData = { readonly points: Float32Array } | { readonly dataset: string };

/** What the page asks of its worker, one call after the other. */
export interface PageTraining extends Omit<Training, "dispose"> {
  /** Opens a run at its start; the first call. @throws Error where ONNX Runtime does not start */
  open(config: RunConfig, data: PageData, wasmPaths: string | undefined): Promise<void>;
}
