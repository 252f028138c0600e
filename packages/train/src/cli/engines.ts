/** The training engines by name. */
import { initialise, key, summarize, type RunConfig } from "@ncsn/core";
import type { Engine } from "../engine.ts";
import { backendNames } from "../tfjs/backends.ts";
import { openTfjsEngine } from "../tfjs/engine.ts";
import { oneOf } from "./option-values.ts";

export interface EngineChoice {
  readonly summary: string;
  readonly backends: readonly string[];
  /** An engine with the parameters of a run's start. @throws BackendError */
  open(config: RunConfig, backend: string): Promise<Engine>;
}

const tfjs: EngineChoice = {
  summary: "TensorFlow.js",
  backends: ["auto", ...backendNames],
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
