import type { Card } from "@ncsn/core";
import type { NodeDevice } from "./devices.ts";
import { nodeModel, type NodeModelParts } from "./node-model.ts";
import { startWorker, type WorkerClient } from "./worker-client.ts";

/** A model file that was read, and what to run it with. */
export interface ModelFile {
  readonly bytes: Uint8Array;
  readonly card: Card;
  readonly threads: number;
  readonly workers: number;
}

/** Opens the network on a device, with its first worker; the others start when there is work for them. @throws ModelError */
export async function openOn(
  { bytes, card, threads, workers }: ModelFile,
  name: NodeDevice,
): Promise<NodeModelParts> {
  const count = name === "cpu" ? Math.min(workers, threads) : 1;
  const each = Math.floor(threads / count);
  const clients: Promise<WorkerClient>[] = [];
  let fixedBatch: number | undefined;
  const start = async (threads: number): Promise<WorkerClient> => {
    const client = startWorker();
    try {
      fixedBatch = await client.request("open", { model: bytes, card, device: name, threads });
      return client;
    } catch (error) {
      await client.close(error as Error);
      throw error;
    }
  };
  let alone = 0;
  const worker = (index: number, together: number): Promise<WorkerClient> => {
    // A worker that is alone may have all cores. From the second time on: to open the network again takes longer than
    // to make one image.
    const wide = together === 1 && count > 1 && alone++ > 0;
    return wide ? (clients[count] ??= start(count * each)) : (clients[index] ??= start(each));
  };
  await (clients[0] = start(each));
  return {
    card,
    device: { name, threads: count * each, workers: count, unused: [] },
    batch: Math.max(name === "cpu" ? 1 : 64, imagesPerRun(card)),
    fixedBatch,
    worker,
    async dispose() {
      const reason = new Error("the model is disposed");
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
export async function wrongNumbers(parts: NodeModelParts): Promise<string | undefined> {
  const error = await nodeModel(parts).verify();
  const { tolerance } = parts.card.probe;
  if (error <= tolerance) return undefined;
  return `its scores are off by ${error.toPrecision(2)} of their rms on the probe in the card (tolerance ${tolerance})`;
}
