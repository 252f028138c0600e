/** The same for pages without a bundler: one script to import from any server, which is its own Worker. */
import { loadWith } from "./load.ts";
import { runtimeFromAddress } from "./runtime-from-address.ts";
import { servePage } from "./serve-page.ts";
import { isStarted, startItself } from "./start-itself.ts";

export * from "./api.ts";

/** Loads a model from one ONNX file with its card. @see Load */
export const load = loadWith(startItself);

if (isStarted) servePage(runtimeFromAddress);
