/** The worker thread of a model in Node: a session of onnxruntime-node, and what the model says to it. */
import { parentPort, workerData } from "node:worker_threads";
import { hostNetwork } from "../workers/host-network.ts";
import { jobsOf } from "../workers/jobs.ts";
import { serve } from "../workers/serve.ts";
import { marked, type BusyFlag } from "./busy-flag.ts";
import { openSession } from "./session.ts";

if (parentPort === null) throw new Error("worker.js is started by the model, as a thread");
const port = parentPort;
const flag = workerData as BusyFlag;

port.on(
  "message",
  serve({
    async open({ model, card, device, threads }, wanted) {
      const session = await marked(flag, () => openSession(model, card, device, threads));
      const run: typeof session.run = (feeds, fetches) => marked(flag, () => session.run(feeds, fetches));
      return jobsOf(hostNetwork({ ...session, run }), wanted);
    },
    post: (answer, transfer) => port.postMessage(answer, transfer),
    // The thread ends when nothing is under way: ONNX Runtime aborts the process if it loses its thread during a run.
    close: () => port.close(),
  }),
);
