/**
 * The model card: all that a sampler must know about a model, as JSON in the ONNX file's `metadata_props["ncsn"]`,
 * and in it a probe by which any runtime can verify that it computes the model it was given.
 */
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
  readonly recipe: object;
  readonly training: TrainingFacts;
  readonly probe: Probe;
}

/** How a model was trained. A file of an earlier release, or of someone else, may lack any of it. */
export interface TrainingFacts {
  /** The name of the data set. */
  readonly dataset?: string;
  /** Steps taken, of how many planned, and images of a step. */
  readonly step?: number;
  readonly steps?: number;
  readonly batch?: number;
  /** Images seen: step × batch. */
  readonly images?: number;
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
  /** The score at those positions, a row per σ, computed by the engine that trained the model. */
  readonly scores: readonly (readonly number[])[];
  readonly labels?: readonly number[];
  /** Largest {@link probeError} to accept. */
  readonly tolerance: number;
}

/** A file that is not a model of this kind; the message says what is missing or wrong. */
export class CardError extends Error {
  override readonly name = "CardError";
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
 * Reads the card of an ONNX file without decoding its graph: field 14 of ModelProto, entries {1: key, 2: value}.
 * @throws CardError where the bytes are not a model with a card
 */
export function readCard(model: Uint8Array): Card {
  let json: string | undefined;
  for (const [field, value] of fields(model)) {
    if (field !== 14) continue;
    const entry = new Map(fields(value));
    if (text(entry.get(1)) === cardKey) json = text(entry.get(2));
  }
  if (json === undefined)
    throw new CardError(
      `no model card in this ONNX file (metadata_props["${cardKey}"]); was it exported by ncsn?`,
    );
  return parseCard(json);
}

/** The card of its JSON. @throws CardError */
export function parseCard(json: string): Card {
  const card = parseObject(json);
  if (card.version !== 1)
    throw new CardError(`unknown model card version: ${String(card.version)} (this release reads version 1)`);
  for (const [name, [fits, need]] of Object.entries(requirements)) {
    if (card[name] === undefined && optional.has(name)) continue;
    if (card[name] === undefined) throw new CardError(`the model card lacks "${name}"`);
    if (!fits(card[name]))
      throw new CardError(`bad ${name} in the model card: ${show(card[name])} (need ${need})`);
  }
  return card as unknown as Card;
}

/** What a card may lack. */
const optional: ReadonlySet<string> = new Set(["sigmas", "classes"]);

/** What a sampler computes with; a card that breaks these would give NaNs instead of a message. */
const requirements: Readonly<Record<string, readonly [fits: (value: unknown) => boolean, need: string]>> = {
  name: [(name) => typeof name === "string", "a string"],
  shape: [
    (shape) => isNumbers(shape, 3) && shape.every((size) => Number.isInteger(size) && size > 0),
    "three integers >= 1",
  ],
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
  sampler: [isSampler, "a sampler's name, steps >= 1 and options"],
  classes: [
    (classes) => Array.isArray(classes) && classes.every((name) => typeof name === "string"),
    "a list of names",
  ],
  probe: [isProbe, "a key, sigmas, positions, and a row of scores per sigma"],
};

function isSampler(sampler: unknown): boolean {
  if (!isObject(sampler)) return false;
  const { name, steps, options } = sampler;
  return (
    typeof name === "string" &&
    Number.isSafeInteger(steps) &&
    (steps as number) >= 1 &&
    isObject(options) &&
    !Array.isArray(options) &&
    Object.values(options).every((value) => ["number", "boolean", "string"].includes(typeof value))
  );
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

/** Whether a value is a list of at least one finite number, or of exactly `length`. */
const isNumbers = (value: unknown, length?: number): value is number[] =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.length === (length ?? value.length) &&
  value.every((item) => Number.isFinite(item));

const show = (value: unknown): string => {
  const json = JSON.stringify(value);
  return json.length > 80 ? `${json.slice(0, 80)}…` : json;
};

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

function parseObject(json: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw new CardError("the model card is not JSON");
  }
  if (!isObject(value)) throw new CardError("the model card is not a JSON object");
  return value;
}

const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);

/** The length-delimited fields of a protobuf message, by number. */
function* fields(message: Uint8Array): Generator<[field: number, value: Uint8Array]> {
  let at = 0;
  /** Passes over `length` bytes and returns where they begin. */
  const skip = (length: number): number => {
    if (at + length > message.length) throw new CardError("this is not an ONNX file, or it is truncated");
    at += length;
    return at - length;
  };
  const varint = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = message[skip(1)];
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const tag = varint();
    const field = Math.floor(tag / 8);
    switch (tag % 8) {
      case 0:
        varint();
        break;
      case 1:
        skip(8);
        break;
      case 2: {
        const start = skip(varint());
        yield [field, message.subarray(start, at)];
        break;
      }
      case 5:
        skip(4);
        break;
      default:
        throw new CardError("this is not an ONNX file");
    }
  }
}
