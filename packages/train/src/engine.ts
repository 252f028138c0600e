import type { Batch, Hyper, Tensor } from "@ncsn/core";

/**
 * What takes training steps: a network's parameters and optimiser, somewhere. Batches come from the host with their
 * noise, so every engine sees the same numbers; the state is in canonical layout, so every engine resumes any other's.
 */
export interface Engine {
  /** For people: "tfjs on tensorflow 2.21, cpu". */
  readonly description: string;
  /** One Adam step. @returns the loss of each image and the norm of the gradient before clipping */
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
  dispose(): Promise<void>;
}
