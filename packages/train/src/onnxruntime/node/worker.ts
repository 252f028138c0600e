/** One session of the training engine in a thread of its own, since a run of it holds the thread. */
import { parentPort, workerData } from "node:worker_threads";
import { marked } from "@ncsn/infer/node";
import { openGradientSession, type GradientSession } from "../gradient-session.ts";
import type { Answer, Request, WorkerData } from "./gradients.ts";

const port = parentPort;
if (port === null) throw new Error("this module is the body of a worker thread");
const { options, busy } = workerData as WorkerData;
const opening = marked(busy, open);

async function open(): Promise<GradientSession> {
  const ort = await import("onnxruntime-node");
  ort.env.logLevel = "error";
  return openGradientSession({ ort, ...options });
}

async function answer(request: Request): Promise<Answer> {
  const session = await opening;
  switch (request.kind) {
    case "open":
      return { kind: "opened" };
    case "gradient":
      return { kind: "gradient", ...(await session.gradient(request.weights, request.share)) };
    case "network":
      return { kind: "network", said: await session.network(request.weights, request.share) };
    case "dispose":
      await session.dispose();
      return { kind: "disposed" };
    default:
      return request satisfies never;
  }
}

port.on("message", (request: Request) => {
  marked(busy, () => answer(request)).then(
    (made) => port.postMessage(made),
    (error: unknown) =>
      port.postMessage({ kind: "failed", message: (error as Error).message } satisfies Answer),
  );
});
