import { Worker } from "node:worker_threads";
import { workerCalls, type WorkerClient } from "../workers/worker-client.ts";
import { busyFlag, waitAtExit } from "./busy-flag.ts";

/** Starts a thread. While it has no call to answer it keeps no process alive. */
export function startWorker(): WorkerClient {
  const flag = busyFlag();
  // The process's own options may be of no use in a thread, or refused: --input-type is.
  const worker = new Worker(new URL("./worker.js", import.meta.url), { workerData: flag, execArgv: [] });
  const forget = waitAtExit(flag);
  const calls = workerCalls({
    send: (message, transfer) => worker.postMessage(message, transfer),
    waiting: (on) => (on ? worker.ref() : worker.unref()),
  });
  worker.on("message", calls.hear);
  worker.on("error", (error) => calls.fail(new Error(`the worker failed: ${error.message}`)));
  const ended = new Promise<void>((resolve) => {
    worker.on("exit", (code) => {
      calls.fail(new Error(`the worker ended by itself (exit code ${code})`));
      forget();
      resolve();
    });
  });
  worker.unref();

  return {
    request: calls.request,
    end: calls.end,
    get gone() {
      return calls.gone;
    },
    async close(reason) {
      if (calls.gone === undefined) {
        worker.ref(); // so that the process stays for the end
        worker.postMessage({ call: "close" }, []);
      }
      calls.fail(reason);
      await ended;
    },
  };
}
