/**
 * Where sampling happens: a `Space` holds the states of all images and knows how to score them, make their noise and
 * combine them. Samplers speak to it alone, so that one sampler runs on host arrays, GPU buffers or anything else.
 */
import type { Card } from "./card.ts";
import { fillNormals, split, uniforms, type Key } from "./rng.ts";

/** One coefficient for all images, or one per image. */
export type PerImage = number | Float64Array;

/** What {@link Space.noise} draws: N(0, 1), or U[0, 1). */
export type NoiseLaw = "normal" | "uniform";

/** What a score is conditioned on: the labels of the images, or nothing, which guidance subtracts. */
export type Given = "labels" | "nothing";

/** Values are opaque; they belong to whoever got them last and go back to the pool by `release`. */
export interface Space<V> {
  /** Number of images. */
  readonly count: number;
  /** Values per image. */
  readonly dimension: number;
  /**
   * ∇ₓ log p_σ(x) in model units, given the images' labels where they have some, or of all classes together; σ outside
   * the model's range is clamped by the model.
   */
  score(x: V, sigma: PerImage, given?: Given): Promise<V>;
  /** Standard normals, or U[0, 1), keyed by (seed, image, draw). A draw number is used once per sampling. */
  noise(draw: number, law?: NoiseLaw): V;
  /** One U[0, 1) per image, keyed likewise: for accepting and rejecting. */
  uniform(draw: number): Float64Array;
  /** Σ cᵢ·vᵢ. Where a coefficient is 0 its value is left out, whatever it is: what is rejected leaves no NaN behind. */
  combine(terms: readonly (readonly [coefficient: PerImage, value: V])[]): V;
  /** Element by element: masks. */
  product(a: V, b: V): V;
  /** A value of the caller's numbers, count × dimension in model units: masks, images to start from. Copied. */
  constant(values: Float32Array): V;
  /** Every factor × factor block of pixels replaced by its mean; the factor divides height and width. */
  blockMeans(x: V, factor: number): V;
  /** ⟨a, b⟩ per image; the only read-back that a sampler may ask for. */
  dot(a: V, b: V): Promise<Float64Array>;
  release(...values: readonly V[]): void;
  /** −log p up to a constant, per image, where the model has one. */
  energy?(x: V): Promise<Float64Array>;
  /** vᵀ·∂score/∂x, where the model has it. */
  vjp?(x: V, sigma: PerImage, v: V): Promise<V>;
}

/** The state that sampling starts from, model units: sigma·noise(0), or U[0, 1) where the model's card says so. */
export function prior<V>(space: Space<V>, card: Pick<Card, "sampler">, sigma: number): V {
  if (card.sampler.prior === "uniform") return space.noise(0, "uniform");
  const z = space.noise(0);
  const x = space.combine([[sigma, z]]);
  space.release(z);
  return x;
}

/** What a {@link hostSpace} is of. */
export interface HostSpaceOptions {
  readonly count: number;
  readonly dimension: number;
  /** Height and width, for {@link Space.blockMeans}; one pixel unless told. */
  readonly size?: readonly [height: number, width: number];
  /** The sampling key of a seed: split(key(seed), purposes.sampling). */
  readonly key: Key;
  /** The number of the first image; image `first + i` of a seed is the same in whatever space it is made. */
  readonly first?: number;
  /** Writes the score of x, count × dimension, to `out`. */
  readonly score: (x: Float32Array, sigma: PerImage, out: Float32Array, given: Given) => Promise<void>;
  /** −log p up to a constant of each image, where it is known. */
  readonly energy?: (x: Float32Array) => Promise<Float64Array>;
  /** Writes vᵀ·∂score/∂x to `out`, where it is known. */
  readonly vjp?: (x: Float32Array, sigma: PerImage, v: Float32Array, out: Float32Array) => Promise<void>;
}

/** A space over float32 arrays; after the first steps nothing is allocated, every array comes from the pool. */
export function hostSpace({
  count,
  dimension,
  size = [1, 1],
  key,
  first = 0,
  score,
  energy,
  vjp,
}: HostSpaceOptions): Space<Float32Array> {
  const pool: Float32Array[] = [];
  const take = (): Float32Array => pool.pop() ?? new Float32Array(count * dimension);
  const imageKeys = Array.from({ length: count }, (_, image) => split(key, first + image));
  const drawKey = (image: number, draw: number): Key => split(imageKeys[image], draw);

  return {
    count,
    dimension,
    async score(x, sigma, given = "labels") {
      const out = take();
      await score(x, sigma, out, given);
      return out;
    },
    noise(draw, law = "normal") {
      const out = take();
      for (let image = 0; image < count; image++) {
        const from = drawKey(image, draw);
        if (law === "normal") fillNormals(from, out, image * dimension, dimension);
        else out.set(uniforms(from, dimension), image * dimension);
      }
      return out;
    },
    uniform: (draw) =>
      Float64Array.from({ length: count }, (_, image) => uniforms(drawKey(image, draw), 1)[0]),
    combine(terms) {
      const out = take();
      const perImage = terms.some(([coefficient]) => typeof coefficient !== "number");
      for (let image = 0; image < (perImage ? count : 1); image++) {
        const [c, values]: [number[], Float32Array[]] = [[], []];
        for (const [coefficient, value] of terms) {
          const own = typeof coefficient === "number" ? coefficient : coefficient[image];
          if (own === 0) continue;
          c.push(own);
          values.push(value);
        }
        const from = image * dimension;
        combineRange(out, c, values, from, perImage ? from + dimension : out.length);
      }
      return out;
    },
    product(a, b) {
      const out = take();
      for (let i = 0; i < out.length; i++) out[i] = a[i] * b[i];
      return out;
    },
    constant(values) {
      const out = take();
      out.set(values);
      return out;
    },
    blockMeans(x, factor) {
      const out = take();
      blockMeans(x, size, factor, out);
      return out;
    },
    dot: (a, b) =>
      Promise.resolve(
        Float64Array.from({ length: count }, (_, image) => {
          let sum = 0;
          for (let i = image * dimension; i < (image + 1) * dimension; i++) sum += a[i] * b[i];
          return sum;
        }),
      ),
    release: (...values) => {
      pool.push(...values);
    },
    ...(energy && { energy }),
    ...(vjp && {
      async vjp(x: Float32Array, sigma: PerImage, v: Float32Array) {
        const out = take();
        await vjp(x, sigma, v, out);
        return out;
      },
    }),
  };
}

/** out = Σ cᵢ·vᵢ over [from, to), summed in float64 and rounded once. */
function combineRange(
  out: Float32Array,
  c: readonly number[],
  v: readonly Float32Array[],
  from: number,
  to: number,
): void {
  const [a, b, d] = v;
  const [p, q, r] = c;
  switch (v.length) {
    case 1:
      for (let i = from; i < to; i++) out[i] = p * a[i];
      return;
    case 2:
      for (let i = from; i < to; i++) out[i] = p * a[i] + q * b[i];
      return;
    case 3:
      for (let i = from; i < to; i++) out[i] = p * a[i] + q * b[i] + r * d[i];
      return;
    default:
      for (let i = from; i < to; i++) {
        let sum = 0;
        for (let k = 0; k < v.length; k++) sum += c[k] * v[k][i];
        out[i] = sum;
      }
  }
}

/** Writes every factor × factor block's mean over the block, plane by plane. */
function blockMeans(
  x: Float32Array,
  [height, width]: readonly [number, number],
  factor: number,
  out: Float32Array,
): void {
  for (let plane = 0; plane < x.length; plane += height * width)
    for (let top = 0; top < height; top += factor)
      for (let left = 0; left < width; left += factor) {
        const corner = plane + top * width + left;
        let sum = 0;
        for (let i = 0; i < factor; i++) for (let j = 0; j < factor; j++) sum += x[corner + i * width + j];
        for (let i = 0; i < factor; i++)
          for (let j = 0; j < factor; j++) out[corner + i * width + j] = sum / factor ** 2;
      }
}
