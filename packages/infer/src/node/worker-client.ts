import { Worker } from "node:worker_threads";
import { CardError } from "@ncsn/core";
import { DeviceError } from "../device.ts";
import { ModelError, SamplingError } from "../model.ts";
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
  /** Ends the thread; calls without an answer are rejected with the reason. */
  terminate(reason: Error): Promise<void>;
}

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (reason: Error) => void;
}

/** Starts a thread. While it has no call to answer it keeps no process alive. */
export function startWorker(): WorkerClient {
  const worker = new Worker(new URL("./worker.js", import.meta.url));
  const waiting = new Map<number, Waiting>();
  let calls = 0;
  let gone: Error | undefined;

  const close = (reason: Error): void => {
    gone ??= reason;
    for (const { reject } of waiting.values()) reject(gone);
    waiting.clear();
  };
  worker.on("message", (answer: Answer) => {
    const call = waiting.get(answer.id);
    waiting.delete(answer.id);
    if (waiting.size === 0) worker.unref();
    if ("error" in answer) call?.reject(revive(answer.error));
    else call?.resolve(answer.result);
  });
  worker.on("error", (error) => close(new Error(`the worker failed: ${error.message}`)));
  worker.on("exit", (code) => close(new Error(`the worker ended by itself (exit code ${code})`)));
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
        worker.postMessage({ id, call, params } as Request, transfer);
      }),
    end: (job) => {
      if (gone === undefined) worker.postMessage({ call: "end", job } satisfies Request);
    },
    async terminate(reason) {
      close(reason);
      worker.ref(); // so that the process stays for the end
      await worker.terminate();
    },
  };
}

const errors = { CardError, DeviceError, ModelError, SamplingError, RangeError, TypeError };

/** An error that crossed the thread boundary, of its own class again. */
function revive({ name, message }: { readonly name: string; readonly message: string }): Error {
  return new (Object.hasOwn(errors, name) ? errors[name as keyof typeof errors] : Error)(message);
}
