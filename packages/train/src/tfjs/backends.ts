/** Starting the backends of TensorFlow.js under Node. */
import util from "node:util";
import * as tf from "@tensorflow/tfjs";
import { BackendError, nativeBackends, whyMissing, type BackendName } from "./available.ts";

export interface Backend {
  readonly name: BackendName;
  /** For people: "tensorflow 2.21.0, cpu". */
  readonly description: string;
}

let current: Backend | undefined;

/**
 * Makes a backend the one that all tensors of this process live on. `auto` takes the first that works of
 * tfjs-node-gpu, tfjs-node and cpu; webgpu is never taken unasked, since a software adapter is slower than cpu.
 * @throws BackendError
 */
export async function openBackend(name: BackendName | "auto"): Promise<Backend> {
  if (name === "auto") {
    if (current !== undefined) return current;
    for (const candidate of nativeBackends)
      if (whyMissing(candidate) === undefined) return openBackend(candidate);
    return openBackend("cpu");
  }
  if (current?.name === name) return current;
  const reason = whyMissing(name);
  if (reason !== undefined) throw new BackendError(`backend ${name} is not available: ${reason}`);
  try {
    current = { name, description: await openers[name]() };
  } catch (error) {
    throw new BackendError(`backend ${name} does not start: ${firstLine(error)}`);
  }
  return current;
}

const openers: Record<BackendName, () => Promise<string>> = {
  "tfjs-node-gpu": () => openNative("@tensorflow/tfjs-node-gpu"),
  "tfjs-node": () => openNative("@tensorflow/tfjs-node"),
  webgpu: openWebgpu,
  cpu: async () => {
    tf.enableProdMode(); // without its advice to install tfjs-node
    await tf.setBackend("cpu");
    return "plain JavaScript";
  },
};

interface NativeModule {
  readonly version: Readonly<Record<string, string>>;
  backend(): { readonly isUsingGpuDevice?: boolean; readonly binding?: { readonly TF_Version?: string } };
}

async function openNative(specifier: string): Promise<string> {
  // Node 23 dropped two functions of `util` that tfjs-node still calls.
  const dropped = { isNullOrUndefined: (value: unknown) => value == null, isArray: Array.isArray };
  for (const [name, f] of Object.entries(dropped)) if (!(name in util)) Object.assign(util, { [name]: f });
  process.env.TF_CPP_MIN_LOG_LEVEL ??= "2"; // TensorFlow's start-up chatter
  const native = (await import(specifier)) as { default: NativeModule };
  await tf.setBackend("tensorflow");
  const { isUsingGpuDevice, binding } = native.default.backend();
  return `tensorflow ${binding?.TF_Version ?? "of unknown version"}, ${isUsingGpuDevice === true ? "gpu" : "cpu"}`;
}

async function openWebgpu(): Promise<string> {
  const { create, globals } = await import("webgpu");
  Object.assign(globalThis, globals);
  if (globalThis.navigator === undefined)
    Object.defineProperty(globalThis, "navigator", { value: {}, configurable: true });
  Object.defineProperty(globalThis.navigator, "gpu", { value: create([]), configurable: true });
  const adapter = await navigator.gpu.requestAdapter();
  if (adapter === null) throw new Error("Dawn finds no adapter (no GPU, or no Vulkan driver)");
  await import("@tensorflow/tfjs-backend-webgpu");
  if (!(await tf.setBackend("webgpu"))) throw new Error("TensorFlow.js could not initialise WebGPU");
  return `webgpu, ${adapter.info.description || adapter.info.vendor}`;
}

const firstLine = (error: unknown): string =>
  String(error instanceof Error ? error.message : error).split("\n")[0];
