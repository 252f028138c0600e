import { Worker } from "node:worker_threads";
import { CardError } from "@ncsn/core";
import { DeviceError } from "../device.ts";
import { ModelError, SamplingError } from "../model.ts";
import { busyFlag, waitAtExit } from "./busy-flag.ts";
import type { Answer, Call, Calls, Request } from "./protocol.ts";

/** The model's side of a worker thread. */
export interface WorkerClient {
  /** @throws what the worker threw, or Error where the worker is gone */
  request<Name extends Call>(
    call: Name,
    params: Calls[Name]["params"],
    transfer?: readonly ArrayBuffer[],
  ): Promise<Calls[Name]["result"]>;
  /** Stops a job; there is no answer. */
  end(job: number): void;
  /** Ends the thread, after the run of the network that is under way; calls without an answer are rejected. */
  close(reason: Error): Promise<void>;
}

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (reason: Error) => void;
}

/** Starts a thread. While it has no call to answer it keeps no process alive. */
export function startWorker(): WorkerClient {
  const flag = busyFlag();
  // The process's own options may be of no use in a thread, or refused: --input-type is.
  const worker = new Worker(new URL("./worker.js", import.meta.url), { workerData: flag, execArgv: [] });
  const forget = waitAtExit(flag);
  const waiting = new Map<number, Waiting>();
  let calls = 0;
  let gone: Error | undefined;

  const rejectAll = (reason: Error): void => {
    gone ??= reason;
    for (const { reject } of waiting.values()) reject(gone);
    waiting.clear();
  };
  worker.on("message", (answer: Answer) => {
    const call = waiting.get(answer.id);
    waiting.delete(answer.id);
    if (waiting.size === 0 && gone === undefined) worker.unref();
    if ("error" in answer) call?.reject(revive(answer.error));
    else call?.resolve(answer.result);
  });
  worker.on("error", (error) => rejectAll(new Error(`the worker failed: ${error.message}`)));
  const ended = new Promise<void>((resolve) => {
    worker.on("exit", (code) => {
      rejectAll(new Error(`the worker ended by itself (exit code ${code})`));
      forget();
      resolve();
    });
  });
  worker.unref();

  return {
    request: <Name extends Call>(
      call: Name,
      params: Calls[Name]["params"],
      transfer: readonly ArrayBuffer[] = [],
    ) =>
      new Promise<Calls[Name]["result"]>((resolve, reject) => {
        if (gone !== undefined) {
          reject(gone);
          return;
        }
        const id = calls++;
        waiting.set(id, { resolve: resolve as (result: unknown) => void, reject });
        worker.ref();
        worker.postMessage({ id, call, params }, transfer);
      }),
    end: (job) => {
      if (gone === undefined) worker.postMessage({ call: "end", job } satisfies Request, []);
    },
    async close(reason) {
      if (gone === undefined) {
        worker.ref(); // so that the process stays for the end
        worker.postMessage({ call: "close" } satisfies Request, []);
      }
      rejectAll(reason);
      await ended;
    },
  };
}

const errors = { CardError, DeviceError, ModelError, SamplingError, RangeError, TypeError };

/** An error that crossed the thread boundary, of its own class again. */
function revive({ name, message }: { readonly name: string; readonly message: string }): Error {
  return new (Object.hasOwn(errors, name) ? errors[name as keyof typeof errors] : Error)(message);
}
