import { DeviceError } from "../device.ts";
import type { Answer } from "../workers/protocol.ts";
import { workerCalls, type WorkerClient } from "../workers/worker-client.ts";
import { complaintAbout } from "./complaint-about.ts";

/** A module Worker that was asked for. */
export interface Started {
  readonly worker: Worker;
  /** Its script, where that is known: the message names it when it does not load. */
  readonly script?: URL;
}

/** Starts a worker of the page. @throws DeviceError where the page may not */
export function pageWorker(start: () => Started): WorkerClient {
  const { worker, script } = started(start);
  let heard = false;
  const calls = workerCalls({ send: (message, transfer) => worker.postMessage(message, [...transfer]) });
  worker.addEventListener("message", ({ data }: MessageEvent<Answer>) => {
    heard = true;
    calls.hear(data);
  });
  worker.addEventListener("error", (event) => {
    event.preventDefault();
    if (heard) calls.fail(new Error(`the worker failed: ${event.message}`));
    else void whyNot(script, event.message).then((why) => calls.fail(new DeviceError(why)));
  });
  return {
    request: calls.request,
    end: calls.end,
    get gone() {
      return calls.gone;
    },
    close(reason) {
      worker.terminate(); // with all that it has, its session and its device too
      calls.fail(reason);
      return Promise.resolve();
    },
  };
}

function started(start: () => Started): Started {
  try {
    return start();
  } catch (error) {
    throw new DeviceError(`this page may not start a worker: ${(error as Error).message}`, { cause: error });
  }
}

/** A script that does not load says nothing; one that fails as it begins says what. */
async function whyNot(script: URL | undefined, message: string | undefined): Promise<string> {
  if (message) return `the worker failed as it began: ${message}`;
  const why = script && (await complaintAbout(script, "script"));
  return why
    ? `the worker's script cannot be loaded: ${why}`
    : "the worker's script cannot be loaded (is it beside this one, and does the page's content security policy allow it?)";
}
