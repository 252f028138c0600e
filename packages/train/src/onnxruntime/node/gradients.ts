/** Gradients by ONNX Runtime under Node: on CPU one single-threaded session a core, each on its share of the batch. */
import { Worker } from "node:worker_threads";
import { encodeModel } from "@ncsn/export";
import { busyFlag, cores, probeDevice, waitAtExit, type BusyFlag, type NodeDevice } from "@ncsn/infer/node";
import type { InferenceSession } from "onnxruntime-common";
import { blockSize } from "../block-size.ts";
import type { Gradients } from "../learner.ts";
import { firstNotFinite } from "../first-not-finite.ts";
import type { GradientSessionOptions } from "../gradient-session.ts";
import { networkGraph, trainingGraphs, type Lowering } from "../training-graph.ts";
import { cutShare, imageCount, type Share, type Training } from "../training.ts";

/** What is asked of a worker. */
export type Request =
  | { readonly kind: "open" }
  | { readonly kind: "gradient"; readonly weights: Float32Array; readonly share: Share }
  | { readonly kind: "network"; readonly weights: Float32Array; readonly share: Share }
  | { readonly kind: "dispose" };

/** What it says to each. */
export type Answer =
  | { readonly kind: "opened" | "disposed" }
  | { readonly kind: "gradient"; readonly loss: Float32Array; readonly gradient: Float32Array }
  | { readonly kind: "network"; readonly said: Float32Array }
  | { readonly kind: "failed"; readonly message: string };

/** What a worker is started with. */
export interface WorkerData {
  readonly options: Omit<GradientSessionOptions, "ort">;
  /** Says when the worker is in ONNX Runtime. */
  readonly busy: BusyFlag;
}

/** A device that cannot train here; the message says why. */
export class TrainingDeviceError extends Error {
  override readonly name = "TrainingDeviceError";
}

export interface NodeGradientsOptions {
  readonly device: NodeDevice;
  readonly training: Training;
  /** Images of a step. */
  readonly batch: number;
  /** Sessions side by side; on CPU one a core unless told, elsewhere one. */
  readonly sessions?: number;
  /** Images of one run of a session; on CPU few, so that activations stay in the cache. */
  readonly microBatch?: number;
}

/** Images of one run on CPU: measured in docs/performance.md. */
const cpuMicroBatch = 16;

/**
 * Opens the sessions.
 * @throws TrainingDeviceError where the device does not work here
 * @throws NotTrainableError where the network has no gradient
 */
export async function openNodeGradients(options: NodeGradientsOptions): Promise<Gradients> {
  const { device, training, batch } = options;
  const { usable, detail } = await probeDevice(device);
  if (!usable) throw new TrainingDeviceError(`cannot train on ${device}: ${detail}`);
  const onCpu = device === "cpu";
  const sessions = Math.min(options.sessions ?? (onCpu ? cores() : 1), batch);
  const shareSize = Math.ceil(batch / sessions);
  const microBatch = Math.min(options.microBatch ?? (onCpu ? cpuMicroBatch : shareSize), shareSize);
  const block = onCpu ? await blockSize(await import("onnxruntime-node")) : undefined;

  const lowering: Lowering = block === undefined ? { kind: "portable" } : { kind: "blocked", block };
  const { layout, body } = trainingGraphs(training, microBatch, lowering);
  const sessionWith: WorkerData["options"] = {
    models: {
      layout: encodeModel(layout),
      body: encodeModel(body),
      network: encodeModel(networkGraph(training)),
    },
    inputs: training.inputs,
    batch: microBatch,
    session: sessionOptions(device),
  };
  const workers = Array.from({ length: sessions }, () => openWorker(sessionWith));
  try {
    await Promise.all(workers.map((worker) => worker.ask({ kind: "open" }, "opened")));
  } catch (error) {
    await Promise.all(workers.map((worker) => worker.end()));
    throw error;
  }

  /** The share of each worker; the last ones may have none. */
  const divide = (share: Share): Share[] => {
    const count = imageCount(training.inputs, share);
    const each = Math.ceil(count / workers.length);
    return workers.flatMap((_, i) => {
      const [from, to] = [Math.min(i * each, count), Math.min((i + 1) * each, count)];
      return from === to ? [] : [copied(cutShare(training.inputs, share, from, to))];
    });
  };

  return {
    description: `ONNX Runtime on ${device}${onCpu ? `, ${sessions === 1 ? "1 session" : `${sessions} sessions`}` : ""}`,

    async gradient(weights, share) {
      const parts = await Promise.all(
        divide(share).map((part, i) =>
          workers[i].ask({ kind: "gradient", weights, share: part }, "gradient"),
        ),
      );
      const [sum, ...others] = parts.map(({ gradient }) => gradient);
      for (const other of others) for (let i = 0; i < sum.length; i++) sum[i] += other[i];
      return { loss: Float32Array.from(parts.flatMap(({ loss }) => [...loss])), gradient: sum };
    },

    async network(weights, images) {
      const parts = await Promise.all(
        divide(images).map((part, i) => workers[i].ask({ kind: "network", weights, share: part }, "network")),
      );
      const whole = new Float32Array(parts.reduce((sum, { said }) => sum + said.length, 0));
      let at = 0;
      for (const { said } of parts) {
        whole.set(said, at);
        at += said.length;
      }
      return whole;
    },

    async locate(weights, share) {
      const ort = await import("onnxruntime-node");
      return firstNotFinite({ ort, training, lowering, session: sessionOptions(device) }, weights, share);
    },

    async dispose() {
      await Promise.all(
        workers.map(async (worker) => {
          await worker.ask({ kind: "dispose" }, "disposed").catch(() => undefined); // it ends in any case
          await worker.end();
        }),
      );
    },
  };
}

function sessionOptions(device: NodeDevice): InferenceSession.SessionOptions {
  const common = {
    logSeverityLevel: 3,
    graphOptimizationLevel: "all",
    extra: { session: { set_denormal_as_zero: "1" } },
  } as const;
  return device === "cpu"
    ? { ...common, executionProviders: ["cpu"], intraOpNumThreads: 1, interOpNumThreads: 1 }
    : { ...common, executionProviders: [device, "cpu"] };
}

/** A worker that is asked one thing at a time; while it has nothing to answer it keeps no process alive. */
function openWorker(options: WorkerData["options"]) {
  const busy = busyFlag();
  const worker = new Worker(new URL("./worker.js", import.meta.url), {
    workerData: { options, busy } satisfies WorkerData,
    execArgv: [], // the process's own may be refused in a thread
  });
  worker.unref();
  const forget = waitAtExit(busy);
  let ended = false;
  worker.once("exit", () => {
    ended = true;
    forget();
  });
  let free: Promise<unknown> = Promise.resolve();

  const send = <K extends Answer["kind"]>(request: Request, kind: K): Promise<Extract<Answer, { kind: K }>> =>
    new Promise((resolve, reject) => {
      const settle = (f: () => void): void => {
        worker.off("message", onMessage);
        worker.off("error", reject);
        worker.off("exit", onExit);
        worker.unref();
        f();
      };
      const onMessage = (answer: Answer): void =>
        settle(() => {
          if (answer.kind === kind) resolve(answer as Extract<Answer, { kind: K }>);
          else
            reject(
              new Error(answer.kind === "failed" ? answer.message : `unexpected answer: ${answer.kind}`),
            );
        });
      const onExit = (): void => settle(() => reject(new Error("a thread of the training engine has ended")));
      if (ended) return onExit();
      worker.on("message", onMessage);
      worker.on("error", reject);
      worker.on("exit", onExit);
      worker.ref();
      worker.postMessage(request, []);
    });

  return {
    ask<K extends Answer["kind"]>(request: Request, kind: K): Promise<Extract<Answer, { kind: K }>> {
      const answer = free.then(() => send(request, kind));
      free = answer.catch(() => undefined);
      return answer;
    },
    end: () => worker.terminate(),
  };
}

/** What is sent to a thread is its own: of a view the whole memory would go. */
const copied = (share: Share): Share =>
  Object.fromEntries(Object.entries(share).map(([name, values]) => [name, values.slice()]));
