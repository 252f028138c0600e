/** The worker of a page that trains: ONNX Runtime on WASM, one thread, which is this one. */
import { expose, transfer } from "comlink";
import { openData } from "./data.ts";
import type { PageTraining } from "./protocol.ts";
import { openTraining, type Training } from "./training.ts";

let training: Training | undefined;

function opened(): Training {
  if (training === undefined) throw new Error("no run is open");
  return training;
}

const calls: PageTraining = {
  async open(config, data, wasmPaths) {
    const ort = await import("onnxruntime-web/wasm");
    ort.env.logLevel = "error";
    ort.env.wasm.numThreads = 1;
    if (wasmPaths !== undefined)
      ort.env.wasm.wasmPaths = { wasm: new URL("ort-wasm-simd-threaded.wasm", wasmPaths).href };
    const session = { executionProviders: ["wasm"], graphOptimizationLevel: "all" } as const;
    training = await openTraining(ort, session, config, openData(data, config.seed)).catch(whyNot);
  },
  next: (milliseconds) => opened().next(milliseconds),
  async score(points, sigma) {
    const score = await opened().score(points, sigma);
    return transfer(score, [score.buffer]);
  },
  async model() {
    const bytes = await opened().model();
    return transfer(bytes, [bytes.buffer]);
  },
};

/** ONNX Runtime's own words, and where the fault is as a rule. */
function whyNot(error: unknown): never {
  const [words] = (error instanceof Error ? error.message : String(error)).split("\n");
  if (!words.includes("no available backend")) throw error;
  throw new Error(
    `ONNX Runtime does not start: ${words}; wasmPaths must be the folder of onnxruntime-web's files`,
    { cause: error },
  );
}

expose(calls);
