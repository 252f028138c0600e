/** What the page's entries share beside `load`. */
export * from "../index.ts";
export type { WebDevice } from "./device.ts";
export type { Load, LoadOptions } from "./load.ts";
export { preload, type Progress } from "./preload.ts";
export type { ModelSource } from "./read-model.ts";
