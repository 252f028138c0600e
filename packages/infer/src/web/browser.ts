/** The same for pages without a bundler: one script to import from any server, its Worker beside it. */
import { loadWith } from "./load.ts";
import { startBeside } from "./start-beside.ts";

export * from "./api.ts";

/** Loads a model from one ONNX file with its card. @see Load */
export const load = loadWith(startBeside);
