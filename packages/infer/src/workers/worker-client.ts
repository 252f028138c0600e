/** The model's side of a worker, without its thread: calls by number, and the errors that come back. */
import { CardError } from "@ncsn/core";
import { DeviceError } from "../device.ts";
import { ModelError, SamplingError } from "../model.ts";
import { DeviceLostError } from "./device-lost.ts";
import type { Answer, Call, Calls, Request } from "./protocol.ts";

/** The model's side of a worker. */
export interface WorkerClient {
  /** @throws what the worker threw, or Error where the worker is gone */
  request<Name extends Call>(
    call: Name,
    params: Calls[Name]["params"],
    transfer?: readonly ArrayBuffer[],
  ): Promise<Calls[Name]["result"]>;
  /** Stops a job; there is no answer. */
  end(job: number): void;
  /** Ends the worker, after the run of the network that is under way; calls without an answer are rejected. */
  close(reason: Error): Promise<void>;
  /** Why the worker takes no more calls; undefined while it does. */
  readonly gone: Error | undefined;
}

/** The thread of a worker, as far as messages go. */
export interface Transport {
  readonly send: (message: Request, transfer: readonly ArrayBuffer[]) => void;
  /** Told when the first call is waiting for its answer, and when the last one has it. */
  readonly waiting?: (on: boolean) => void;
}

/** Calls to a worker and what becomes of them. */
export interface WorkerCalls extends Omit<WorkerClient, "close"> {
  /** Takes a message of the worker. */
  readonly hear: (answer: Answer) => void;
  /** Rejects what waits and what comes; the first reason stays. */
  readonly fail: (reason: Error) => void;
}

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (reason: Error) => void;
}

/** Numbers calls and matches their answers. */
export function workerCalls({ send, waiting: tell }: Transport): WorkerCalls {
  const waiting = new Map<number, Waiting>();
  let calls = 0;
  let gone: Error | undefined;
  const fail = (reason: Error): void => {
    gone ??= reason;
    for (const { reject } of waiting.values()) reject(gone);
    waiting.clear();
  };

  return {
    get gone() {
      return gone;
    },
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
        tell?.(true);
        send({ id, call, params } as Request, transfer);
      }),
    end: (job) => {
      if (gone === undefined) send({ call: "end", job }, []);
    },
    hear(answer) {
      if ("lost" in answer) {
        fail(new DeviceLostError(answer.lost));
        return;
      }
      const call = waiting.get(answer.id);
      waiting.delete(answer.id);
      if (waiting.size === 0 && gone === undefined) tell?.(false);
      if ("error" in answer) {
        const error = revive(answer.error);
        if (error instanceof DeviceLostError) gone ??= error;
        call?.reject(error);
      } else call?.resolve(answer.result);
    },
    fail,
  };
}

const errors = { CardError, DeviceError, DeviceLostError, ModelError, SamplingError, RangeError, TypeError };

/** An error that crossed the thread boundary, of its own class again. */
function revive({ name, message }: { readonly name: string; readonly message: string }): Error {
  return new (Object.hasOwn(errors, name) ? errors[name as keyof typeof errors] : Error)(message);
}
