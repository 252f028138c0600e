import { readCard } from "@ncsn/core";
import { DeviceError, type Unused } from "../device.ts";
import { ModelError, type Model } from "../model.ts";
import { oneOf, wholeNumber } from "../plan.ts";
import { chooseDevice } from "../workers/choose-device.ts";
import { openWorkers, wrongNumbers, type ModelFile } from "../workers/open-workers.ts";
import { workersModel, type WorkersModelParts } from "../workers/workers-model.ts";
import { cores } from "./cores.ts";
import { nodeDevices, probeDevice, type NodeDevice } from "./devices.ts";
import { readModel } from "./read-model.ts";
import { startWorker } from "./worker-client.ts";

/** How to load a model; nothing is obligatory. */
export interface LoadOptions {
  /** auto takes the fastest one that gives the right numbers; another one is taken or refused. */
  readonly device?: "auto" | NodeDevice;
  /** Threads that compute scores; the machine's cores unless told. */
  readonly threads?: number;
  /** Workers that share the images and, on a CPU, the threads; there one for each thread unless told, which is fastest. */
  readonly workers?: number;
  /** Whether to refuse a network that gives other scores than its card says; true unless told. */
  readonly verify?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * Loads a model from one ONNX file with its card.
 * @param source path, URL (file:, http:, https:) or the file's bytes
 * @throws ModelError, CardError for a file that is not a model of this kind or computes something else; DeviceError for
 *   a device that cannot be used; RangeError for options
 */
export async function load(source: string | URL | Uint8Array, options: LoadOptions = {}): Promise<Model> {
  const { device = "auto", verify = true, signal } = options;
  if (device !== "auto") oneOf("device", device, { auto: 0, cpu: 0, cuda: 0, webgpu: 0 });
  const threads = wholeNumber("threads", options.threads ?? cores(), 1);
  const workers = wholeNumber("workers", options.workers ?? threads, 1);
  signal?.throwIfAborted();
  const bytes = await readModel(source, signal);
  const file: ModelFile = { bytes, card: readCard(bytes), threads, workers, startWorker, wide: true };
  signal?.throwIfAborted();
  const { parts, unused } = await (device === "auto" ? onAny(file, verify) : onNamed(file, device, verify));
  const model = workersModel({ ...parts, device: { ...parts.device, unused } });
  if (signal?.aborted === true) await model.dispose();
  signal?.throwIfAborted();
  return model;
}

interface Opened {
  readonly parts: WorkersModelParts;
  readonly unused: readonly Unused[];
}

async function onNamed(file: ModelFile, name: NodeDevice, verify: boolean): Promise<Opened> {
  const { usable, detail } = await probeDevice(name);
  if (!usable) throw new DeviceError(`${name} cannot be used: ${detail}`);
  const parts = await openWorkers(file, name);
  const wrong = verify ? await wrongNumbers(parts) : undefined;
  if (wrong === undefined) return { parts, unused: [] };
  await parts.dispose();
  throw new ModelError(`${file.card.name} on ${name}: ${wrong}`);
}

/** The probes of the devices run while the cpu, which is there whatever they say, opens the network. */
async function onAny(file: ModelFile, verify: boolean): Promise<Opened> {
  const reports = Promise.all(nodeDevices.filter((name) => name !== "cpu").map(probeDevice));
  const { parts } = await onNamed(file, "cpu", verify);
  return chooseDevice(file, parts, await reports);
}
