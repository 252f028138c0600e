/** The training engines by name. */
import { initialise, key, summarize, type RunConfig } from "@ncsn/core";
import type { Engine } from "../engine.ts";
import { backendNames, listBackends } from "../tfjs/backends.ts";
import { openTfjsEngine } from "../tfjs/engine.ts";
import { oneOf } from "./option-values.ts";

export interface EngineChoice {
  readonly summary: string;
  readonly backends: readonly string[];
  /** What is worth knowing about the backend that a name stands for here. */
  advice(backend: string): string | undefined;
  /** An engine with the parameters of a run's start. @throws BackendError */
  open(config: RunConfig, backend: string): Promise<Engine>;
}

const tfjs: EngineChoice = {
  summary: "TensorFlow.js",
  backends: ["auto", ...backendNames],
  advice(backend) {
    const native = listBackends().filter(({ name }) => name.startsWith("tfjs-node"));
    if (backend !== "auto" || native.some(({ missing }) => missing === undefined)) return undefined;
    const reasons = native.map(({ name, missing }) => `${name}: ${missing}`).join("; ");
    return `training in plain JavaScript, which is fit for nets of a few channels only (${reasons})`;
  },
  open: ({ model, shape, seed, recipe }, backend) =>
    openTfjsEngine({
      backend: oneOf("backend", backend, ["auto", ...backendNames]),
      model,
      shape,
      parameters: initialise(summarize(model, shape).parameters, key(seed)),
      optimiser: recipe.optimiser,
    }),
};

export const engines = { tfjs } as const satisfies Record<string, EngineChoice>;
export type EngineName = keyof typeof engines;
