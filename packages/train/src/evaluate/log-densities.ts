/** log p of items of a data set, shared out to threads: a run of ONNX Runtime holds its thread. */
import { Worker } from "node:worker_threads";
import {
  dequantised,
  key,
  purposes,
  split,
  type Card,
  type Dataset,
  type FlowOptions,
  type Key,
  type LogDensities,
} from "@ncsn/core";
import { busyFlag, cores, waitAtExit, type BusyFlag } from "@ncsn/infer/node";

/** How the divergence of the score is found. */
export type Divergence = { readonly kind: "exact" } | { readonly kind: "probes"; readonly probes: number };

/** What a worker is started with. */
export interface WorkerData {
  /** The model, and the model with v → vjp. */
  readonly files: { readonly score: Uint8Array; readonly vjp: Uint8Array };
  readonly card: Card;
  readonly flow: FlowOptions;
  readonly divergence: Divergence;
  /** Key of the probes, of all images. */
  readonly probesFrom: Key;
  readonly busy: BusyFlag;
}

/** Items for a worker: model units. */
export interface Piece {
  readonly first: number;
  readonly x: Float32Array;
}

/** What it says. */
export type Answer =
  | { readonly kind: "densities"; readonly densities: LogDensities }
  | { readonly kind: "failed"; readonly message: string };

/** What to find. */
export interface LogDensitiesOptions {
  readonly model: Uint8Array;
  readonly withVjp: Uint8Array;
  readonly card: Card;
  readonly dataset: Dataset;
  /** Whether items are bytes, to be dequantised. */
  readonly bytes: boolean;
  readonly first: number;
  readonly count: number;
  readonly seed: number;
  readonly batch: number;
  readonly steps: number;
  readonly divergence: Divergence;
  readonly signal: AbortSignal;
  readonly progress: (done: number, total: number) => void;
}

/** What the keys of an evaluated item are for. */
const [forBytes, forProbes] = [0, 1];

/** log p at the model's lowest noise level, model units, of items `first` … of a data set. */
export async function logDensities(options: LogDensitiesOptions): Promise<LogDensities> {
  const { card, first, count, batch, signal, progress } = options;
  const from = split(key(options.seed), purposes.evaluation);
  const [sigmaMin, sigmaMax] = card.sigmaRange;
  const data: Omit<WorkerData, "busy"> = {
    files: { score: options.model, vjp: options.withVjp },
    card,
    // The variance that data of variance σ_d² have at σ_max; the mean there is nothing beside it.
    flow: { sigmaMin, sigmaMax, priorDeviation: Math.hypot(sigmaMax, card.sigmaData), steps: options.steps },
    divergence: options.divergence,
    probesFrom: split(from, forProbes),
  };
  const values = new Float64Array(count);
  const errors = new Float64Array(count);
  const workers = Array.from({ length: Math.min(cores(), Math.ceil(count / batch)) }, () => openWorker(data));
  const abort = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });
  let [next, done] = [0, 0];
  try {
    const work = workers.map(async (worker) => {
      while (next < count) {
        const at = next;
        const size = Math.min(batch, count - at);
        next += size;
        const piece: Piece = {
          first: first + at,
          x: itemsOf(options, split(from, forBytes), first + at, size),
        };
        const found = await Promise.race([worker.ask(piece), abort]);
        values.set(found.values, at);
        errors.set(found.errors, at);
        progress((done += size), count);
      }
    });
    await Promise.all(work);
  } finally {
    abort.catch(() => undefined);
    await Promise.all(workers.map((worker) => worker.end()));
  }
  return { values, errors };
}

/** Items in model units, bytes dequantised by item. */
function itemsOf(
  { card, dataset, bytes }: LogDensitiesOptions,
  from: Key,
  first: number,
  count: number,
): Float32Array {
  const { shape, pixels } = card;
  const dimension = shape.reduce((a, b) => a * b, 1);
  const x = new Float32Array(count * dimension);
  for (let i = 0; i < count; i++) {
    dataset.read(first + i, x, i * dimension);
    if (!bytes) continue;
    const item = x.subarray(i * dimension, (i + 1) * dimension);
    item.set(dequantised(item, split(from, first + i)));
  }
  return x.map((pixel) => pixels.scale * pixel + pixels.offset);
}

function openWorker(options: Omit<WorkerData, "busy">) {
  const busy = busyFlag();
  const worker = new Worker(new URL("./log-densities-worker.js", import.meta.url), {
    workerData: { ...options, busy } satisfies WorkerData,
    execArgv: [], // the process's own may be refused in a thread
  });
  const forget = waitAtExit(busy);
  return {
    /** One piece at a time. */
    ask: (piece: Piece): Promise<LogDensities> =>
      new Promise((resolve, reject) => {
        const settle = (act: () => void): void => {
          worker.off("message", onMessage).off("error", onError).off("exit", onExit);
          act();
        };
        const onMessage = (answer: Answer): void =>
          settle(() => {
            if (answer.kind === "densities") resolve(answer.densities);
            else reject(new Error(answer.message));
          });
        const onError = (error: Error): void => settle(() => reject(error));
        const onExit = (): void => settle(() => reject(new Error("a thread of the evaluation has ended")));
        worker.on("message", onMessage).on("error", onError).on("exit", onExit);
        worker.postMessage(piece, [piece.x.buffer as ArrayBuffer]);
      }),
    async end() {
      await worker.terminate();
      forget();
    },
  };
}
