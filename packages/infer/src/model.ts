import type { Card, Diagnostics } from "@ncsn/core";
import type { DeviceInUse } from "./device.ts";
import type { Plan, SampleRequest } from "./plan.ts";

/** A batch of images in pixels: [0, 1] for images, the data's own units for points. */
export interface Images {
  readonly shape: readonly [count: number, channels: number, height: number, width: number];
  /** Row by row, channel by channel, image by image. */
  readonly data: Float32Array;
}

/**
 * What to look at in a moment of sampling: the state x itself, which at high noise is far out of the pixels' range; x
 * scaled to the data's magnitude, x/√(1 + (σ/σ_data)²), for the eye; or "denoised", the image that the model sees in it,
 * Tweedie's x + σ²·score(x, σ), which costs one more score evaluation. At σ = 0 all are x.
 */
export const views = ["x", "scaled", "denoised"] as const;

/** One of {@link views}. */
export type View = (typeof views)[number];

/** A moment of sampling. It can be looked at until the next one is asked for. */
export interface Frame {
  readonly index: number;
  /** Frames in all; where the data decide, undefined until the last one. */
  readonly total: number | undefined;
  /** Noise level of x, model units; 0 when x is clean. */
  readonly sigma: number;
  /** Score evaluations per image so far. */
  readonly evaluations: number;
  /** Of the Langevin step that led here against theory, where the sampler's option `diagnose` asks. */
  readonly diagnostics?: Diagnostics;
  /** The images of this moment, read back now; x unless told. */
  pixels(view?: View): Promise<Images>;
}

/** Scores at noise levels: what {@link Model.score} takes beside the images. */
export interface ScoreOptions {
  /** Class of all images or of each, by name or number; −1 or nothing for none. */
  readonly label?: Label | readonly Label[];
  /** Images per run of the network. */
  readonly batch?: number;
  readonly signal?: AbortSignal;
}

/** A class by its name in the card or by its number; −1 is "no class". */
export type Label = string | number;

/** A score network that is loaded and ready. */
export interface Model {
  readonly card: Card;
  readonly device: DeviceInUse;
  /** How a request would be carried out, with everything filled in and advice on it. @throws RangeError, TypeError */
  plan(request?: SampleRequest): Plan;
  /**
   * Images out of noise. Image i of a seed is the same at any count, batch and first.
   * @throws RangeError, TypeError for a request that makes no sense; SamplingError where x stops being finite
   */
  sample(request?: SampleRequest): Promise<Images>;
  /** The same, step by step. Leaving the loop ends the sampling. @throws as {@link sample} */
  steps(request?: SampleRequest): AsyncGenerator<Frame, void>;
  /**
   * ∇ₓ log p_σ(x) in model units.
   * @param x images of the card's shape, one after another; it is not changed
   * @param sigma one noise level or one per image
   */
  score(x: Float32Array, sigma: number | ArrayLike<number>, options?: ScoreOptions): Promise<Float32Array>;
  /** The error of this device on the probe in the card; fine up to `card.probe.tolerance`. */
  verify(): Promise<number>;
  /** Frees the network; what is under way is rejected. */
  dispose(): Promise<void>;
}

/** A file that is no model, or whose network does not do what its card says. */
export class ModelError extends Error {
  override readonly name = "ModelError";
}

/** Sampling that went wrong: x is not finite any more. The message says where and what may help. */
export class SamplingError extends Error {
  override readonly name = "SamplingError";
}
