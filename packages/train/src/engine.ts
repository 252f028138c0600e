import type { Batch, Hyper, Tensor } from "@ncsn/core";

/**
 * What takes training steps: a network's parameters and optimiser, somewhere. Batches come from the host with their
 * noise, so every engine sees the same numbers; the state is in canonical layout, so every engine resumes any other's.
 */
export interface Engine {
  /** For people: "tfjs on tensorflow 2.21, cpu". */
  readonly description: string;
  /**
   * One Adam step.
   * @returns the loss of each image and the norm of the gradient before clipping
   */
  step(batch: Batch, hyper: Hyper): Promise<{ readonly loss: Float64Array; readonly gradNorm: number }>;
  /** Scores of count images [count, C, H, W] at their noise levels, by the parameters or their moving average. */
  score(
    x: Float32Array,
    sigma: Float64Array,
    which: "raw" | "ema",
    label?: Int32Array,
  ): Promise<Float32Array>;
  /** The whole state: `raw/…`, `ema/…`, `adam.m/…`, `adam.v/…` by parameter name. */
  state(): Promise<ReadonlyMap<string, Tensor>>;
  /** Takes over a state of `state()`, with the number of steps already taken. */
  restore(state: ReadonlyMap<string, Tensor>, step: number): Promise<void>;
  /**
   * Where a batch goes wrong, after a step on it that gave a loss or a gradient that is not finite: such a step of an
   * engine that has this leaves the state as it is. Undefined where no image alone goes wrong.
   */
  locate?(batch: Batch): Promise<NotFinite | undefined>;
  dispose(): Promise<void>;
}

/** A tensor of the training step that holds a NaN or an infinity. */
export interface NotFinite {
  /** Of the node that made it, of a parameter, or of an input. */
  readonly name: string;
  /** The operator of that node, "parameter" or "input". */
  readonly op: string;
  readonly shape: readonly number[];
  /** The first value in it that is not finite. */
  readonly value: number;
  /** The layer of the network that it comes from, where its own name does not say that. */
  readonly after?: string;
  /** Noise level of the image whose tensor it is; absent where it does not depend on one. */
  readonly sigma?: number;
}

/** What an engine cannot train: a network or an objective whose gradient it does not have; the message says why. */
export class NotTrainableError extends Error {
  override readonly name = "NotTrainableError";
}
