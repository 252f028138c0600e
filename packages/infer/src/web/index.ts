/** Loading and sampling in a page that a bundler makes: on the GPU by WebGPU, or on the CPU by WASM. */
import { loadWith } from "./load.ts";

export * from "./api.ts";

/** Loads a model from one ONNX file with its card. @see Load */
export const load = loadWith(() => ({
  // Bundlers look for this very expression.
  worker: new Worker(new URL("./worker.js", import.meta.url), { type: "module" }),
}));
