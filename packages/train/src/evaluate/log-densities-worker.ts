/** log p of pieces of a data set, one after another, in a thread of its own. */
import { parentPort, workerData } from "node:worker_threads";
import {
  estimatedLogDensity,
  exactLogDensity,
  hostSpace,
  type LogDensities,
  type PerImage,
} from "@ncsn/core";
import { marked } from "@ncsn/infer/node";
import type { InferenceSession } from "onnxruntime-common";
import type { Answer, Piece, WorkerData } from "./log-densities.ts";

const port = parentPort;
if (port === null) throw new Error("this module is the body of a worker thread");
const { files, card, flow, divergence, probesFrom, busy } = workerData as WorkerData;
const [, height, width] = card.shape;
const dimension = card.shape.reduce((a, b) => a * b, 1);

const opening = marked(busy, async () => {
  const ort = await import("onnxruntime-node");
  ort.env.logLevel = "error";
  const options: InferenceSession.SessionOptions = {
    executionProviders: ["cpu"],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
    extra: { session: { set_denormal_as_zero: "1" } },
  };
  const open = (model: Uint8Array) => ort.InferenceSession.create(model, options);
  return { ort, score: await open(files.score), vjp: await open(files.vjp) };
});

async function densitiesOf({ first, x }: Piece): Promise<LogDensities> {
  const { ort, score, vjp } = await opening;
  const count = x.length / dimension;
  const shape = [count, ...card.shape];
  const feeds = (values: Float32Array, sigma: PerImage) => ({
    x: new ort.Tensor("float32", values, shape),
    sigma: new ort.Tensor(
      "float32",
      typeof sigma === "number" ? new Float32Array(count).fill(sigma) : Float32Array.from(sigma),
      [count],
    ),
    // Of a model that knows classes: the density of all of them together.
    ...(card.classes && { label: new ort.Tensor("int32", new Int32Array(count).fill(-1), [count]) }),
  });
  const space = hostSpace({
    count,
    dimension,
    size: [height, width],
    key: probesFrom, // nothing is drawn from the space
    async score(values, sigma, out) {
      await score.run(feeds(values, sigma), { score: new ort.Tensor("float32", out, shape) });
    },
    async vjp(values, sigma, v, out) {
      const given = { ...feeds(values, sigma), v: new ort.Tensor("float32", v, shape) };
      await vjp.run(given, { vjp: new ort.Tensor("float32", out, shape) });
    },
  });
  const data = space.constant(x);
  return divergence.kind === "exact"
    ? exactLogDensity(space, data, flow)
    : estimatedLogDensity(space, data, { ...flow, probes: divergence.probes, from: probesFrom, first });
}

port.on("message", (piece: Piece) => {
  marked(busy, () => densitiesOf(piece)).then(
    (densities) => port.postMessage({ kind: "densities", densities } satisfies Answer),
    (error: unknown) =>
      port.postMessage({ kind: "failed", message: (error as Error).message } satisfies Answer),
  );
});
