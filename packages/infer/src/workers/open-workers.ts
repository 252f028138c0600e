import type { Card } from "@ncsn/core";
import type { DeviceName } from "../device.ts";
import { DeviceLostError } from "./device-lost.ts";
import type { WorkerClient } from "./worker-client.ts";
import { workersModel, type WorkersModelParts } from "./workers-model.ts";

/** A model file that was read, and what to run it with. */
export interface ModelFile {
  readonly bytes: Uint8Array;
  readonly card: Card;
  readonly threads: number;
  readonly workers: number;
  /** Starts the thread of a worker. */
  readonly startWorker: () => WorkerClient;
  /** Whether a session can have several threads. */
  readonly wide: boolean;
  /** In a page: the folder of ONNX Runtime's files, where it is not the usual one. */
  readonly wasmPaths?: string;
}

/** Opens the network on a device, with its first worker; the others start when there is work for them. @throws ModelError */
export async function openWorkers(file: ModelFile, name: DeviceName): Promise<WorkersModelParts> {
  const { bytes: model, card, threads, wasmPaths } = file;
  const onCpu = name === "cpu" || name === "wasm";
  const count = onCpu ? Math.min(file.workers, threads) : 1;
  const each = Math.floor(threads / count);
  const clients: Promise<WorkerClient>[] = [];
  let fixedBatch: number | undefined;
  let disposed: Error | undefined;
  const start = async (threads: number): Promise<WorkerClient> => {
    if (disposed) throw disposed;
    const client = file.startWorker();
    try {
      fixedBatch = await client.request("open", { model, card, device: name, threads, wasmPaths });
      return client;
    } catch (error) {
      await client.close(error as Error);
      throw error;
    }
  };
  /** The worker in that place; a new one where its device was lost. */
  const inPlace = async (place: number, threads: number): Promise<WorkerClient> => {
    const known = (clients[place] ??= start(threads));
    const client = await known;
    if (!(client.gone instanceof DeviceLostError)) return client;
    if (clients[place] === known) {
      const fresh = (clients[place] = client.close(client.gone).then(() => start(threads)));
      // Where the device cannot be had now, the next call asks again.
      fresh.catch(() => {
        if (clients[place] === fresh) clients[place] = known;
      });
    }
    return clients[place];
  };
  let alone = 0;
  await (clients[0] = start(each));
  return {
    card,
    device: { name, threads: count * each, workers: count, unused: [] },
    batch: Math.max(onCpu ? 1 : 64, imagesPerRun(card)),
    fixedBatch,
    worker(index, together) {
      // A worker that is alone may have all cores. From the second time on: to open the network again takes longer than
      // to make one image.
      const wide = file.wide && together === 1 && count > 1 && alone++ > 0;
      return wide ? inPlace(count, count * each) : inPlace(index, each);
    },
    async dispose() {
      const reason = (disposed ??= new Error("the model is disposed"));
      const closing = clients.map((client) =>
        client.then(
          (started) => started.close(reason),
          () => undefined, // one that did not start is closed
        ),
      );
      await Promise.all(closing);
    },
  };
}

/**
 * Images per run on a core: 8 of 28 × 28, more of which gain nothing and take memory, and otherwise as many pixels. Of
 * points there can be many, and must be, for a call costs more than they do.
 */
function imagesPerRun({ shape: [, height, width] }: Card): number {
  return Math.min(512, Math.ceil((8 * 28 * 28) / (height * width)));
}

/** What is wrong with a device's scores, in words; undefined where the probe in the card agrees. */
export async function wrongNumbers(parts: WorkersModelParts): Promise<string | undefined> {
  const error = await workersModel(parts).verify();
  const { tolerance } = parts.card.probe;
  if (error <= tolerance) return undefined;
  return `its scores are off by ${error.toPrecision(2)} of their rms on the probe in the card (tolerance ${tolerance})`;
}
