/**
 * The model card: all that a sampler must know about a model, as JSON in the ONNX file's `metadata_props["ncsn"]`,
 * and in it a probe by which any runtime can verify that it computes the model it was given.
 */
import { isNames, isNumbers, isObject, isSize, parseChecked, type Requirements } from "./checked-card.ts";
import { CardError, readMetadata } from "./metadata.ts";
import { normals, split } from "./rng.ts";
import type { SamplerChoice } from "./recipes/recipe.ts";

/** The key of the card among an ONNX file's `metadata_props`. */
export const cardKey = "ncsn";

/** Version 1 of the card; σ and σ_data are in model units. */
export interface Card {
  readonly version: 1;
  readonly name: string;
  /** [2, 1, 1] for points of the plane. */
  readonly shape: readonly [channels: number, height: number, width: number];
  /** model = scale·pixel + offset; pixels are in [0, 1], points are never clamped. */
  readonly pixels: { readonly scale: number; readonly offset: number };
  readonly sigmaData: number;
  readonly sigmaRange: readonly [sigmaMin: number, sigmaMax: number];
  /** The levels that a model with discrete noise was trained on, decreasing. */
  readonly sigmas?: readonly number[];
  readonly sampler: SamplerChoice;
  /** The names of the labels that the network takes; absent where it takes none. */
  readonly classes?: readonly string[];
  /** "float16" where the file keeps its large weights so, else float32; what is computed with is float32 either way. */
  readonly weights?: string;
  /** Who guides the model, where the score in the file is guided: s + weight·(s − the guide's). */
  readonly guide?: Guide;
  readonly recipe: object;
  readonly training: TrainingFacts;
  readonly probe: Probe;
}

/** A network whose score is in a file beside that of the model, which it makes better by being worse. */
export interface Guide {
  readonly name: string;
  readonly weight: number;
  readonly training: TrainingFacts;
}

/** The moving average of another run after so many steps. */
export interface TrainingStart {
  readonly run: string;
  readonly step: number;
  /** Images that it had seen, with those of the run that it started with in turn, where that is known. */
  readonly images?: number;
}

/** How a model was trained. A file of an earlier release, or of someone else, may lack any of it. */
export interface TrainingFacts {
  /** The name of the data set. */
  readonly dataset?: string;
  /** Steps taken, of how many planned, and images of a step. */
  readonly step?: number;
  readonly steps?: number;
  readonly batch?: number;
  /** Images seen: step × batch. Those of {@link start} come on top. */
  readonly images?: number;
  /** What the run started with, where it was not its seed. */
  readonly start?: TrainingStart;
  readonly seed?: number;
  /** Who trained it, for people: an engine's description. */
  readonly engine?: string;
  /** Time in steps, breaks left out. */
  readonly seconds?: number;
}

/** Inputs by key, and what the model says of them: row i's input is √(σᵢ² + σd²)·noise(key, i). */
export interface Probe {
  readonly key: readonly [number, number];
  readonly sigmas: readonly number[];
  /** Indices into an image of C·H·W values. */
  readonly positions: readonly number[];
  /** The score at those positions, a row per σ, computed by the engine that trained the model, or in float64. */
  readonly scores: readonly (readonly number[])[];
  readonly labels?: readonly number[];
  /** Largest {@link probeError} to accept. */
  readonly tolerance: number;
}

/** The probe's inputs, one image of `dimension` values per σ, model units. */
export function probeInputs(
  { key, sigmas }: Pick<Probe, "key" | "sigmas">,
  dimension: number,
  sigmaData: number,
): Float32Array {
  const out = new Float32Array(sigmas.length * dimension);
  sigmas.forEach((sigma, i) => {
    const scale = Math.hypot(sigma, sigmaData);
    out.set(
      normals(split(key, i), dimension).map((z) => scale * z),
      i * dimension,
    );
  });
  return out;
}

/**
 * The largest error of scores (a whole image per σ) against the probe, relative to the rms score of its row; NaN where
 * a score is NaN, Infinity where the rms is 0 and the scores are not.
 */
export function probeError(probe: Probe, scores: ArrayLike<number>): number {
  const dimension = scores.length / probe.sigmas.length;
  const errors = probe.scores.map((expected, row) => {
    const rms = Math.sqrt(expected.reduce((sum, value) => sum + value * value, 0) / expected.length);
    const worst = Math.max(
      ...expected.map((value, i) => Math.abs(scores[row * dimension + probe.positions[i]] - value)),
    );
    return worst === 0 ? 0 : worst / rms;
  });
  return errors.reduce((a, b) => Math.max(a, b)); // a NaN stays one
}

/** Pixels of model units, in place; clamped to [0, 1] where the data are images. */
export function toPixels(card: Pick<Card, "pixels" | "shape">, x: Float32Array): Float32Array {
  const { scale, offset } = card.pixels;
  const image = isImage(card);
  for (let i = 0; i < x.length; i++) {
    const pixel = (x[i] - offset) / scale;
    x[i] = image ? Math.min(Math.max(pixel, 0), 1) : pixel;
  }
  return x;
}

/** Whether the data are images, with pixels in [0, 1], rather than points. */
export const isImage = ({ shape: [, height, width] }: Pick<Card, "shape">): boolean => height * width > 1;

/**
 * Reads the card of an ONNX file without decoding its graph.
 * @throws CardError where the bytes are not a model with a card
 */
export function readCard(model: Uint8Array): Card {
  const json = readMetadata(model, cardKey);
  if (json === undefined)
    throw new CardError(
      `no model card in this ONNX file (metadata_props["${cardKey}"]); was it exported by ncsn?`,
    );
  return parseCard(json);
}

/** The card of its JSON. @throws CardError */
export const parseCard = (json: string): Card =>
  parseChecked(json, "model card", requirements, optional) as unknown as Card;

/** What a card may lack. */
const optional: ReadonlySet<string> = new Set(["sigmas", "classes", "weights", "guide"]);

/** What a sampler computes with; a card that breaks these would give NaNs instead of a message. */
const requirements: Requirements = {
  name: [(name) => typeof name === "string", "a string"],
  shape: [isSize, "three integers >= 1"],
  pixels: [
    (pixels) => isObject(pixels) && isNumbers([pixels.scale, pixels.offset], 2) && pixels.scale !== 0,
    "numbers scale, not 0, and offset",
  ],
  sigmaData: [(sigma) => typeof sigma === "number" && sigma > 0, "a number > 0"],
  sigmaRange: [
    (range) => isNumbers(range, 2) && 0 < range[0] && range[0] <= range[1],
    "0 < sigmaMin <= sigmaMax",
  ],
  sigmas: [(sigmas) => isNumbers(sigmas) && sigmas.every((sigma) => sigma > 0), "numbers > 0"],
  sampler: [isSampler, "a sampler's name, steps >= 1, options, and levels of noise > 0"],
  classes: [isNames, "a list of names"],
  weights: [(weights) => typeof weights === "string", "a string"],
  guide: [isGuide, "a name, a finite weight and training"],
  probe: [isProbe, "a key, sigmas, positions, and a row of scores per sigma"],
};

function isSampler(sampler: unknown): boolean {
  if (!isObject(sampler)) return false;
  const { name, steps, options, sigmaMin, sigmaMax } = sampler;
  return (
    typeof name === "string" &&
    Number.isSafeInteger(steps) &&
    (steps as number) >= 1 &&
    isObject(options) &&
    !Array.isArray(options) &&
    Object.values(options).every((value) => ["number", "boolean", "string"].includes(typeof value)) &&
    [sigmaMin, sigmaMax].every(
      (sigma) => sigma === undefined || (isNumbers([sigma], 1) && (sigma as number) > 0),
    )
  );
}

function isGuide(guide: unknown): boolean {
  if (!isObject(guide)) return false;
  const { name, weight, training } = guide;
  return typeof name === "string" && Number.isFinite(weight) && isObject(training);
}

function isProbe(probe: unknown): boolean {
  if (!isObject(probe)) return false;
  const { key, sigmas, positions, scores, tolerance } = probe;
  return (
    isNumbers(key, 2) &&
    isNumbers(sigmas) &&
    isNumbers(positions) &&
    Array.isArray(scores) &&
    scores.length === sigmas.length &&
    scores.every((row) => isNumbers(row, positions.length)) &&
    typeof tolerance === "number"
  );
}
