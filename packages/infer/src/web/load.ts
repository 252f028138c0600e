import { readCard } from "@ncsn/core";
import { DeviceError, type Unused } from "../device.ts";
import { ModelError, type Model } from "../model.ts";
import { oneOf, wholeNumber } from "../plan.ts";
import { abortable } from "../workers/abortable.ts";
import { chooseDevice } from "../workers/choose-device.ts";
import { openWorkers, wrongNumbers, type ModelFile } from "../workers/open-workers.ts";
import type { WorkerClient } from "../workers/worker-client.ts";
import { workersModel, type WorkersModelParts } from "../workers/workers-model.ts";
import { defaultThreads, probeWebgpu, type WebDevice } from "./device.ts";
import { pageWorker, type Started } from "./page-worker.ts";
import { readModel, type ModelSource } from "./read-model.ts";

/** How to load a model in a page; nothing is obligatory. */
export interface LoadOptions {
  /** auto takes the GPU where it gives the right numbers and gives them faster; another one is taken or refused. */
  readonly device?: "auto" | WebDevice;
  /** Workers that compute on WASM, each on a core of its own; half of the logical processors unless told, at most 4. */
  readonly threads?: number;
  /** The folder that ONNX Runtime's files are served from, against the page's address. */
  readonly wasmPaths?: string | URL;
  /** Seconds that `auto` gives a GPU to open the network and score the first images; 10 unless told. */
  readonly patience?: number;
  /** Whether to refuse a network that gives other scores than its card says; true unless told. */
  readonly verify?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * Loads a model from one ONNX file with its card.
 * @param source URL (as text, against the page's address), a file that was dropped or chosen, or bytes
 * @throws ModelError, CardError for a file that is not a model of this kind or computes something else; DeviceError for
 *   a device that cannot be used, or files of ONNX Runtime that are not where they should be; RangeError for options
 */
export type Load = (source: ModelSource, options?: LoadOptions) => Promise<Model>;

/** {@link Load} by workers that are started so. */
export function loadWith(start: () => Started): Load {
  return async (source, options = {}) => {
    const { device = "auto", verify = true, wasmPaths, signal } = options;
    if (device !== "auto") oneOf("device", device, { auto: 0, webgpu: 0, wasm: 0 });
    const threads = wholeNumber("threads", options.threads ?? defaultThreads(), 1);
    const bytes = await readModel(source, signal);
    const clients: WorkerClient[] = [];
    let loading = true;
    const startWorker = (): WorkerClient => {
      if (loading) signal?.throwIfAborted();
      const client = pageWorker(start);
      clients.push(client);
      return client;
    };
    const folder = wasmPaths === undefined ? undefined : folderOf(wasmPaths);
    const file: ModelFile = {
      bytes,
      card: readCard(bytes),
      threads,
      workers: threads,
      startWorker,
      wide: false,
      ...(folder !== undefined && { wasmPaths: folder }),
    };
    try {
      const opening =
        device === "auto" ? onAny(file, verify, options.patience) : onNamed(file, device, verify);
      const { parts, unused } = await abortable(opening, signal);
      loading = false; // workers that start later have nothing to do with the signal
      return workersModel({ ...parts, device: { ...parts.device, unused } });
    } catch (error) {
      for (const client of clients) void client.close(error as Error);
      throw error;
    }
  };
}

interface Opened {
  readonly parts: WorkersModelParts;
  readonly unused: readonly Unused[];
}

async function onNamed(file: ModelFile, name: WebDevice, verify: boolean): Promise<Opened> {
  const threads = name === "webgpu" ? 1 : file.threads;
  if (name === "webgpu") {
    const { usable, detail } = await probeWebgpu();
    if (!usable) throw new DeviceError(`webgpu cannot be used: ${detail}`);
  }
  const parts = await openWorkers({ ...file, threads }, name);
  const wrong = verify ? await wrongNumbers(parts) : undefined;
  if (wrong === undefined) return { parts, unused: [] };
  await parts.dispose();
  if (name === "webgpu") throw new DeviceError(`webgpu cannot be used for ${file.card.name}: ${wrong}`);
  throw new ModelError(`${file.card.name} on ${name}: ${wrong}`);
}

/** The browser looks for a GPU while WASM, which is there whatever it finds, opens the network. */
async function onAny(file: ModelFile, verify: boolean, patience?: number): Promise<Opened> {
  const report = probeWebgpu();
  const { parts } = await onNamed(file, "wasm", verify);
  return chooseDevice({ ...file, threads: 1 }, parts, [await report], patience);
}

/** A folder's address in full, for the worker's own is another one. */
function folderOf(wasmPaths: string | URL): string {
  const { href } = new URL(wasmPaths, document.baseURI);
  return href.endsWith("/") ? href : `${href}/`;
}
