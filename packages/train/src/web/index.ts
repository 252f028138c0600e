/** Training in a page: a small network on points of the plane, in a worker, by ONNX Runtime on WASM. */
import {
  networks,
  recipes,
  type MlpOptions,
  type ProceduralDatasetName,
  type RecipeName,
  type RunConfig,
} from "@ncsn/core";
import { releaseProxy, wrap } from "comlink";
import { runConfig } from "../run-config.ts";
import { openData } from "./data.ts";
import type { PageData, PageTraining } from "./protocol.ts";
import type { Training, TrainingMoment } from "./training.ts";

export type { TrainingMoment } from "./training.ts";

/** What to train; nothing but the data is obligatory. */
export interface TrainInPageOptions {
  /** Points x, y, x, y, …, or the name of a procedural set of the plane. */
  readonly data: Float32Array | ProceduralDatasetName;
  /** Name of the model in its file. */
  readonly name?: string;
  readonly recipe?: RecipeName;
  /** The network's size. */
  readonly mlp?: Partial<MlpOptions>;
  readonly steps?: number;
  /** Points a step. */
  readonly batch?: number;
  /** Peak Adam rate. */
  readonly rate?: number;
  readonly seed?: number;
  /** The folder that ONNX Runtime's files are served from; a bundler's own unless told. */
  readonly wasmPaths?: string | URL;
}

/** A run in a worker of the page. */
export interface TrainingInPage extends Omit<Training, "next" | "dispose"> {
  readonly config: RunConfig;
  /**
   * Trains while moments are asked for, to the end of the run; leaving the loop pauses, calling it again goes on.
   * @param milliseconds about how long a moment is
   * @throws Error with the engine's words, where training diverges
   */
  moments(milliseconds?: number): AsyncGenerator<TrainingMoment, void>;
  /** Ends the worker at once; scores and files that are still asked for are refused. */
  dispose(): void;
}

/** Small enough to train while one watches. */
const small: Partial<MlpOptions> = { width: 64 };

/**
 * Starts a worker with a run at its start. Equal options give equal runs.
 * @throws RangeError for data or options that make no sense; Error where ONNX Runtime does not start
 */
export async function trainInPage(options: TrainInPageOptions): Promise<TrainingInPage> {
  const { data, name = "trained-here", steps = 3000, batch = 256, rate = 5e-3, seed = 0 } = options;
  const given: PageData = typeof data === "string" ? { dataset: data } : { points: data };
  const dataset = openData(given, seed);
  if (dataset.shape.join() !== "2,1,1")
    throw new RangeError(
      `invalid data: ${dataset.name} is [${dataset.shape.join(", ")}] (need points, [2, 1, 1])`,
    );
  const network = { name: "mlp", options: { ...networks.mlp.defaults, ...small, ...options.mlp } } as const;
  const recipe = recipes[options.recipe ?? "edm"];
  const config = runConfig({ name, recipe, network, dataset, seed, batch, rate, steps });
  const folder = options.wasmPaths === undefined ? undefined : folderOf(options.wasmPaths);

  // Bundlers look for this very expression.
  const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
  const calls = wrap<PageTraining>(worker);
  let disposed = false;
  let end = (): void => undefined;
  const ended = new Promise<undefined>((resolve) => (end = () => resolve(undefined)));
  const dispose = (): void => {
    if (disposed) return;
    disposed = true;
    end();
    calls[releaseProxy]();
    worker.terminate();
  };
  try {
    await Promise.race([calls.open(config, given, folder), failureOf(worker)]);
  } catch (error) {
    dispose();
    throw error;
  }
  const turn = inTurn();
  /** An ended worker leaves its calls without an answer: they get undefined. */
  const answer = <Result>(call: () => Promise<Result>): Promise<Result | undefined> =>
    disposed ? ended : Promise.race([turn(call), ended]);
  const needed = async <Result>(call: () => Promise<Result>): Promise<Result> => {
    const result = await answer(call);
    if (result === undefined) throw new Error("the run is disposed of");
    return result;
  };
  return {
    config,
    async *moments(milliseconds = 50) {
      for (;;) {
        const moment = await answer(() => calls.next(milliseconds));
        if (moment === undefined) return;
        yield moment;
      }
    },
    score: (points, sigma) => needed(() => calls.score(points, sigma)),
    model: () => needed(() => calls.model()),
    dispose,
  };
}

/** Calls wait for each other: a file asked for amid training is of one step. */
function inTurn(): <Result>(call: () => Promise<Result>) => Promise<Result> {
  let last: Promise<unknown> = Promise.resolve();
  return (call) => {
    const mine = last.then(call);
    last = mine.catch(() => undefined);
    return mine;
  };
}

/** A worker whose script does not load says nothing but this. */
function failureOf(worker: Worker): Promise<never> {
  return new Promise((_, reject) => {
    worker.addEventListener("error", ({ message }) => {
      reject(new Error(`the worker of training does not start: ${message || "its script does not load"}`));
    });
  });
}

function folderOf(wasmPaths: string | URL): string {
  const { href } = new URL(wasmPaths, document.baseURI);
  return href.endsWith("/") ? href : `${href}/`;
}
