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
  const turns = inTurn();
  worker.addEventListener("error", ({ message }) => {
    // A worker whose script does not load says nothing but this.
    turns.end(new Error(`the worker of training failed: ${message || "its script does not load"}`));
  });
  let disposed = false;
  const dispose = (): void => {
    if (disposed) return;
    disposed = true;
    calls[releaseProxy]();
    worker.terminate();
    turns.end(new Error("the run is disposed of"));
  };
  try {
    await turns.ask(() => calls.open(config, given, folder));
  } catch (error) {
    dispose();
    throw error;
  }
  return {
    config,
    async *moments(milliseconds = 50) {
      for (;;) {
        const moment = await turns
          .ask(() => calls.next(milliseconds))
          .catch((error: unknown) => {
            if (!disposed) throw error;
          });
        if (moment === undefined) return;
        yield moment;
      }
    },
    score: (points, sigma) => turns.ask(() => calls.score(points, sigma)),
    model: () => turns.ask(() => calls.model()),
    dispose,
  };
}

/** Calls of a worker that may end. */
interface Turns {
  /** Calls when all before has been answered: a file asked for amid training is of one step. */
  ask<Result>(call: () => Promise<Result>): Promise<Result>;
  /** Rejects the call under way, which will have no answer, and all that come; the first reason stays. */
  end(reason: Error): void;
}

function inTurn(): Turns {
  let last: Promise<unknown> = Promise.resolve();
  let over: Error | undefined;
  let drop: (reason: Error) => void = () => undefined;
  return {
    ask<Result>(call: () => Promise<Result>) {
      const mine = last.then(
        () =>
          new Promise<Result>((resolve, reject) => {
            drop = reject;
            if (over === undefined) call().then(resolve, reject);
            else reject(over);
          }),
      );
      last = mine.catch(() => undefined);
      return mine;
    },
    end(reason) {
      over ??= reason;
      drop(over);
    },
  };
}

function folderOf(wasmPaths: string | URL): string {
  const { href } = new URL(wasmPaths, document.baseURI);
  return href.endsWith("/") ? href : `${href}/`;
}
