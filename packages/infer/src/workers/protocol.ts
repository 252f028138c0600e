/**
 * What the model says to its workers, threads of Node or of a page. Every call is answered once, in order; a worker does
 * nothing on its own. A job is a shard of one sampling, by number.
 */
import type { Card, Diagnostics } from "@ncsn/core";
import type { DeviceName } from "../device.ts";
import type { View } from "../model.ts";
import type { Plan } from "../plan.ts";

/** A moment of a shard, without its state. */
export interface Report {
  readonly index: number;
  readonly total: number | undefined;
  readonly sigma: number;
  readonly evaluations: number;
  readonly diagnostics?: Diagnostics;
}

/** The calls by name: what is sent and what comes back. */
export interface Calls {
  /** Opens the network; the first call. The answer is the batch that the file is bound to, where it is. */
  open: {
    params: {
      readonly model: Uint8Array;
      readonly card: Card;
      readonly device: DeviceName;
      readonly threads: number;
      /** In a page: the folder of ONNX Runtime's files, where it is not the usual one. */
      readonly wasmPaths?: string;
    };
    result: number | undefined;
  };
  /** Draws the first state of images `first` … `first + count − 1` of the plan's seed. */
  begin: {
    params: { readonly job: number; readonly plan: Plan; readonly count: number; readonly first: number };
    result: undefined;
  };
  /** One step of the sampler, or as many as begin within that time; undefined after the last one. */
  step: {
    params: { readonly job: number; readonly milliseconds?: number };
    result: Report | undefined;
  };
  /** The images of the current step in pixels. */
  read: { params: { readonly job: number; readonly view: View }; result: Float32Array };
  /** Scores in model units. */
  score: {
    params: {
      readonly x: Float32Array;
      readonly sigma: Float64Array;
      readonly labels?: Int32Array;
      readonly batch: number;
    };
    result: Float32Array;
  };
}

/** The name of a call. */
export type Call = keyof Calls;

/**
 * From the model to a worker. `end` and `close` overtake what was called before, stop it within one run of the network,
 * and are not answered: `end` frees a job, `close` frees all and ends the thread.
 */
export type Request =
  | {
      [Name in Call]: { readonly id: number; readonly call: Name; readonly params: Calls[Name]["params"] };
    }[Call]
  | { readonly call: "end"; readonly job: number }
  | { readonly call: "close" };

/** From a worker to the model; `lost` is the one message that answers nothing: its device is gone, and it with it. */
export type Answer =
  | { readonly id: number; readonly result: Calls[Call]["result"] }
  | { readonly id: number; readonly error: { readonly name: string; readonly message: string } }
  | { readonly lost: string };
