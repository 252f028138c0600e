/**
 * Control over what is sampled, as a request has it and as a plan: what guides, keeps known pixels, starts at a given
 * image and lies between seeds. `controlled-space.ts` carries it out.
 */
import { guidanceCost, isImage, key, observationCost, observationDefaults, type Card } from "@ncsn/core";

/** Known pixels. Arrays hold one image for all that are sampled, or one each. */
export interface Inpaint {
  /** Pixels, channels × height × width. */
  readonly image: Float32Array;
  /** 1 where a pixel is kept, 0 where it is made, between them where it is known roughly; height × width, or as image. */
  readonly mask: Float32Array;
  /** Score evaluations more for each, by which what is made fits what is kept; 2 unless told. */
  readonly refinements?: number;
}

/** A small image to be made a large one. */
export interface Upscale {
  /** Pixels, channels × height/factor × width/factor: one for all that are sampled, or one each. */
  readonly image: Float32Array;
  /** What the model's height and width are divided by. */
  readonly factor: number;
  /** As {@link Inpaint.refinements}. */
  readonly refinements?: number;
}

/** A noisy image to start from. */
export interface Denoise {
  /** Pixels, channels × height × width: one for all that are sampled, or one each; noise may take them out of [0, 1]. */
  readonly image: Float32Array;
  /** Standard deviation of the noise in it, in units of pixels. */
  readonly noise: number;
}

/** The way from an image of one seed to that of another. */
export interface Interpolate {
  readonly from: number;
  readonly to: number;
  /** Where on the way each image is, from 0 to 1; at even distances from end to end unless told. */
  readonly positions?: readonly number[];
}

/** What of a request is control; nothing is obligatory. */
export interface ControlRequest {
  /** Classifier-free guidance w: 0 is plain sampling by label, more keeps closer to the label. */
  readonly guidance?: number;
  readonly inpaint?: Inpaint;
  readonly upscale?: Upscale;
  readonly denoise?: Denoise;
  readonly interpolate?: Interpolate;
}

/** What is known of the images: pixels of the card's shape, one image for all or one each. */
export type Known = (
  | { readonly kind: "inpaint"; readonly image: Float32Array; readonly mask: Float32Array }
  | { readonly kind: "upscale"; readonly image: Float32Array; readonly factor: number }
) & { readonly refinements: number };

/** Control with everything decided: plain data. */
export interface Control {
  readonly guidance: number;
  readonly known?: Known;
  /** Images to start from, pixels of the card's shape, one for all or one each, with the noise of the first level. */
  readonly start?: Float32Array;
  readonly interpolation?: {
    readonly from: number;
    readonly to: number;
    /** The image of both seeds whose noise it is. */
    readonly image: number;
    readonly positions: Float64Array;
  };
}

/** What control is decided for. */
export interface Controlled {
  readonly count: number;
  /** Number of the first image. */
  readonly first: number;
  readonly labels: Int32Array | undefined;
}

/** @throws RangeError, TypeError with one line that says what would be right */
export function resolveControl(
  card: Card,
  { guidance = 0, inpaint, upscale, denoise, interpolate }: ControlRequest,
  { count, first, labels }: Controlled,
): Control {
  if (!Number.isFinite(guidance)) throw new RangeError(`invalid guidance: ${guidance} (need a number)`);
  if (guidance !== 0 && labels === undefined)
    throw new TypeError(`guidance ${guidance} given, but ${card.name} knows no classes`);
  if (guidance !== 0 && labels?.every((label) => label === -1) === true)
    throw new TypeError(`guidance ${guidance} given without a label (need a class to go towards)`);
  if (inpaint && upscale) throw new TypeError("inpaint and upscale exclude each other: give one of them");
  const known = inpaint ? keptPixels(card, inpaint, count) : upscale && blocks(card, upscale, count);
  return {
    guidance,
    ...(known && { known }),
    ...(denoise && { start: images(card, "image to denoise", denoise.image, count) }),
    ...(interpolate && { interpolation: { ...way(interpolate, count), image: first } }),
  };
}

/** Whether a plan has any. */
export const isControlled = ({ guidance, known, start, interpolation }: Control): boolean =>
  guidance !== 0 || [known, start, interpolation].some((control) => control !== undefined);

/** Score evaluations for each that the sampler asks for. */
export const controlCost = ({ guidance, known }: Control): number =>
  guidanceCost(guidance) * (known ? observationCost(known) : 1);

/** The noise of a given image in model units. @throws RangeError where it is not above `least` */
export function startSigma({ pixels }: Pick<Card, "pixels">, { noise }: Denoise, least: number): number {
  const scale = Math.abs(pixels.scale);
  if (Number.isFinite(noise) && scale * noise > least) return scale * noise;
  throw new RangeError(`invalid noise: ${noise} (need a number > ${Number((least / scale).toPrecision(3))})`);
}

/** The control of `count` of the images, from position `from`. */
export function partOfControl(control: Control, from: number, count: number, dimension: number): Control {
  const { known, start, interpolation } = control;
  const cut = (of: Float32Array): Float32Array =>
    of.length === dimension ? of : of.slice(from * dimension, (from + count) * dimension);
  return {
    ...control,
    ...(known && {
      known: { ...known, image: cut(known.image), ...("mask" in known && { mask: cut(known.mask) }) },
    }),
    ...(start && { start: cut(start) }),
    ...(interpolation && {
      interpolation: { ...interpolation, positions: interpolation.positions.slice(from, from + count) },
    }),
  };
}

function keptPixels(card: Card, { image, mask, refinements }: Inpaint, count: number): Known {
  const [channels, height, width] = card.shape;
  const plane = height * width;
  const grey = channels > 1 && (mask.length === plane || mask.length === count * plane);
  const whole = grey
    ? Float32Array.from(
        { length: channels * mask.length },
        (_, i) => mask[plane * Math.floor(i / (channels * plane)) + (i % plane)],
      )
    : mask;
  const bad = whole.find((value) => !(value >= 0 && value <= 1));
  if (bad !== undefined) throw new RangeError(`invalid mask: ${bad} in it (need numbers from 0 to 1)`);
  return {
    kind: "inpaint",
    image: images(card, "image to inpaint", image, count),
    mask: images(card, "mask", whole, count),
    refinements: refinementsOf(refinements),
  };
}

function blocks(card: Card, { image, factor, refinements }: Upscale, count: number): Known {
  const [channels, height, width] = card.shape;
  const fits = Number.isInteger(factor) && factor >= 1 && height % factor === 0 && width % factor === 0;
  if (!isImage(card) || !fits)
    throw new RangeError(
      `invalid factor: ${factor} (need an integer that divides ${card.name}'s ${height} and ${width})`,
    );
  const small = { ...card, shape: [channels, height / factor, width / factor] as const };
  const given = images(small, "image to upscale", image, count);
  const [rows, columns] = small.shape.slice(1);
  const large = Float32Array.from({ length: given.length * factor ** 2 }, (_, i) => {
    const [plane, at] = [Math.floor(i / (height * width)), i % (height * width)];
    const [row, column] = [Math.floor(at / width), at % width];
    return given[(plane * rows + Math.floor(row / factor)) * columns + Math.floor(column / factor)];
  });
  return { kind: "upscale", image: large, factor, refinements: refinementsOf(refinements) };
}

function refinementsOf(refinements = observationDefaults.refinements): number {
  if (Number.isInteger(refinements) && refinements >= 0) return refinements;
  throw new RangeError(`invalid refinements: ${refinements} (need an integer >= 0)`);
}

/** The values, which are of one image or of `count`. */
function images(
  { shape }: Pick<Card, "shape">,
  what: string,
  values: Float32Array,
  count: number,
): Float32Array {
  const dimension = shape.reduce((a, b) => a * b, 1);
  if (values.length !== dimension && values.length !== count * dimension)
    throw new RangeError(
      `invalid ${what}: ${values.length} values (need ${dimension}, [${shape.join(", ")}], or ${count} times as many)`,
    );
  if (!values.every(Number.isFinite)) throw new RangeError(`invalid ${what}: not all its values are finite`);
  return values;
}

function way({ from, to, positions }: Interpolate, count: number) {
  key(from); // refuses what is no seed
  key(to);
  if (positions === undefined && count < 2)
    throw new RangeError(`invalid count: ${count} (need at least 2, the ends of an interpolation)`);
  const t = Float64Array.from(positions ?? Array.from({ length: count }, (_, i) => i / (count - 1)));
  if (t.length !== count)
    throw new RangeError(`invalid positions: ${t.length} for ${count} images (need one each)`);
  const bad = t.find((value) => !(value >= 0 && value <= 1));
  if (bad !== undefined) throw new RangeError(`invalid position: ${bad} (need a number from 0 to 1)`);
  return { from, to, positions: t };
}
