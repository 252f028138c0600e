/** The training engines by name, and what `auto` stands for on this machine. */
import { initialise, key, summarize, type Checkpoint, type RunConfig } from "@ncsn/core";
import { nodeDevices, probeDevice, type NodeDevice } from "@ncsn/infer/node";
import type { Engine } from "../engine.ts";
import { onnxEngine } from "../onnxruntime/engine.ts";
import { openNodeGradients, TrainingDeviceError } from "../onnxruntime/node/gradients.ts";
import { scoreTraining } from "../onnxruntime/score-training.ts";
import { BackendError, backendNames, nativeBackends, whyMissing } from "../tfjs/available.ts";
import { oneOf } from "./option-values.ts";
import { UsageError } from "./usage-error.ts";

/** A backend in place of `auto`, and the reason in a few words. */
export interface Resolved {
  readonly backend: string;
  readonly why?: string;
}

export interface EngineChoice {
  readonly summary: string;
  /** What `--backend` may be beside `auto`. */
  readonly backends: readonly string[];
  /** What `auto` stands for here. */
  auto(): Resolved | Promise<Resolved>;
  /** An engine with the parameters of a run's start. @throws BackendError, TrainingDeviceError, NotTrainableError */
  open(config: RunConfig, backend: string): Promise<Engine>;
}

/** The backend on TensorFlow's native library that is installed. */
const nativeBackend = () => nativeBackends.find((name) => whyMissing(name) === undefined);

const tfjs: EngineChoice = {
  summary: "TensorFlow.js",
  backends: backendNames,
  auto() {
    const native = nativeBackend();
    if (native !== undefined) return { backend: native };
    const reasons = nativeBackends.map((name) => `${name}: ${whyMissing(name)}`).join("; ");
    return {
      backend: "cpu",
      why: `fit for nets of a few channels only, --engine onnxruntime is fast (${reasons})`,
    };
  },
  async open({ model, shape, seed, recipe }, backend) {
    const { openTfjsEngine } = await import("../tfjs/engine.ts"); // TensorFlow.js takes a second to load
    return openTfjsEngine({
      backend: oneOf("backend", backend, backendNames),
      model,
      shape,
      parameters: initialise(summarize(model, shape).parameters, key(seed)),
      optimiser: recipe.optimiser,
      matching: recipe.objective.matching,
    });
  },
};

const onnxruntime: EngineChoice = {
  summary: "the training step as an ONNX graph",
  backends: ["cpu", "webgpu", "cuda"] satisfies readonly NodeDevice[],
  async auto() {
    for (const name of nodeDevices) {
      if (name === "cpu") continue;
      const { usable, slow, detail } = await probeDevice(name);
      if (usable && slow !== true) return { backend: name, why: detail };
    }
    return { backend: "cpu", why: "no fast GPU is usable, see pnpm devices" };
  },
  async open({ model, shape, seed, batch, recipe }, backend) {
    const device = oneOf("backend", backend, nodeDevices);
    return onnxEngine({
      gradients: await openNodeGradients({
        device,
        training: scoreTraining({ model, shape, matching: recipe.objective.matching }),
        batch,
      }),
      model,
      shape,
      parameters: initialise(summarize(model, shape).parameters, key(seed)),
      optimiser: recipe.optimiser,
    });
  },
};

export const engines = { onnxruntime, tfjs } as const satisfies Record<string, EngineChoice>;
export type EngineName = keyof typeof engines;
const engineNames = Object.keys(engines) as EngineName[];

/** What was asked for. */
export interface EngineRequest {
  readonly engine: EngineName | "auto";
  readonly backend: string;
}

/** What that stands for. */
export interface ResolvedEngine extends Resolved {
  readonly engine: EngineName;
}

/**
 * The engine and backend of the options as typed.
 * @throws UsageError for names that there are not
 */
export function engineRequest(engine = "auto", backend = "auto"): EngineRequest {
  const name = oneOf("engine", engine, ["auto", ...engineNames] as const);
  const known =
    name === "auto" ? engineNames.flatMap((each) => engines[each].backends) : engines[name].backends;
  return { engine: name, backend: oneOf("backend", backend, ["auto", ...new Set(known)]) };
}

/**
 * Puts names in the place of `auto`. The engine is the one that has the backend asked for, onnxruntime where both do;
 * where none is asked for, tfjs if TensorFlow's native library for GPUs is installed: on CPUs onnxruntime is the faster.
 * @param gpu whether it is
 */
export async function resolveEngine(
  { engine, backend }: EngineRequest,
  gpu = whyMissing("tfjs-node-gpu") === undefined,
): Promise<ResolvedEngine> {
  if (engine !== "auto") return { engine, ...(await resolveBackend(engine, backend)) };
  if (backend !== "auto") {
    const having = engineNames.find((name) => engines[name].backends.includes(backend)) ?? "onnxruntime";
    return { engine: having, backend };
  }
  if (gpu)
    return {
      engine: "tfjs",
      backend: "tfjs-node-gpu",
      why: "TensorFlow's native library for GPUs is installed",
    };
  return { engine: "onnxruntime", ...(await resolveBackend("onnxruntime", backend)) };
}

async function resolveBackend(engine: EngineName, backend: string): Promise<Resolved> {
  return backend === "auto" ? engines[engine].auto() : { backend };
}

/** An engine, and how it came to be chosen. */
export interface OpenedEngine {
  readonly engine: Engine;
  /** Its names, for the checkpoint. */
  readonly trainedOn: NonNullable<Checkpoint["trainedOn"]>;
  /** A line that says which it is and why. */
  readonly chosen: string;
}

/** Opens what was asked for; for sliced score matching `auto` is the engine that differentiates twice. */
export async function openEngine(config: RunConfig, request: EngineRequest): Promise<OpenedEngine> {
  const twice = config.recipe.objective.matching === "sliced" && request.engine === "auto";
  const asked: EngineRequest =
    twice && request.backend === "auto" ? { ...request, engine: "onnxruntime" } : request;
  const { engine: name, backend, why } = await resolveEngine(asked);
  const engine = await engines[name].open(config, backend);
  return {
    engine,
    trainedOn: { engine: name, backend },
    chosen: `${engine.description}${why === undefined ? "" : ` (${why})`}`,
  };
}

/**
 * Opens the engine that trained a run so far, or another where that one cannot be had here.
 * @param otherwise what to take then
 * @returns with a line that says why not
 */
export async function reopenEngine(
  config: RunConfig,
  { engine, backend }: NonNullable<Checkpoint["trainedOn"]>,
  otherwise = engineRequest(),
): Promise<OpenedEngine & { readonly note?: string }> {
  try {
    return await openEngine(config, engineRequest(engine, backend));
  } catch (error) {
    if (![UsageError, BackendError, TrainingDeviceError].some((kind) => error instanceof kind)) throw error;
    const opened = await openEngine(config, otherwise);
    return { ...opened, note: `${engine} on ${backend} trained it so far: ${(error as Error).message}` };
  }
}
