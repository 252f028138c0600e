/** The training engines by name, and what `auto` stands for on this machine. */
import { initialise, key, summarize, type RunConfig } from "@ncsn/core";
import { nodeDevices, probeDevice, type NodeDevice } from "@ncsn/infer/node";
import type { Engine } from "../engine.ts";
import { onnxEngine } from "../onnxruntime/engine.ts";
import { openNodeGradients } from "../onnxruntime/node/gradients.ts";
import { backendNames, nativeBackends, whyMissing } from "../tfjs/available.ts";
import { oneOf } from "./option-values.ts";

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
      gradients: await openNodeGradients({ device, model, shape, batch }),
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
 * where none is asked for, tfjs if TensorFlow's native library is installed.
 * @param native the tfjs backend on it, null where there is none
 */
export async function resolveEngine(
  { engine, backend }: EngineRequest,
  native: string | null = nativeBackend() ?? null,
): Promise<ResolvedEngine> {
  if (engine !== "auto") return { engine, ...(await resolveBackend(engine, backend)) };
  if (backend !== "auto") {
    const having = engineNames.find((name) => engines[name].backends.includes(backend)) ?? "onnxruntime";
    return { engine: having, backend };
  }
  if (native !== null)
    return { engine: "tfjs", backend: native, why: "TensorFlow's native library is installed" };
  const { why, ...resolved } = await resolveBackend("onnxruntime", backend);
  return {
    engine: "onnxruntime",
    ...resolved,
    why: `tfjs has no native backend, see pnpm setup:tensorflow; ${why}`,
  };
}

async function resolveBackend(engine: EngineName, backend: string): Promise<Resolved> {
  return backend === "auto" ? engines[engine].auto() : { backend };
}

/** Opens what was asked for. @returns the engine, and a line that says which it is and why */
export async function openEngine(
  config: RunConfig,
  request: EngineRequest,
): Promise<{ readonly engine: Engine; readonly chosen: string }> {
  const { engine: name, backend, why } = await resolveEngine(request);
  const engine = await engines[name].open(config, backend);
  return { engine, chosen: `${engine.description}${why === undefined ? "" : ` (${why})`}` };
}
