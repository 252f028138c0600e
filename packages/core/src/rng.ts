/**
 * Keyed randomness: the counter-based generator Threefry-2×32-20 (Salmon et al., "Parallel random numbers: as easy
 * as 1, 2, 3", SC 2011) with JAX's bits, and normals by Box–Muller.
 *
 * A number depends on its key and its counter alone, so the noise of (seed, image, draw) is the same at any batch
 * size, on any device and in any order. Only integer operations and the IEEE operations + − × ÷ √ are used, which
 * round the same way everywhere; `Math.log` and `Math.sin` do not promise that.
 */

import { blocks } from "./threefry.ts";
import { cosineNearZero, sineNearZero } from "./turns.ts";

/** 64 bits of key as two unsigned 32-bit words. */
export type Key = readonly [high: number, low: number];

/** What the children of a run's root key are for; see `docs/conventions.md`, "The tree of keys". */
export const purposes = {
  init: 0,
  order: 1,
  sigma: 2,
  noise: 3,
  augment: 4,
  preview: 5,
  probe: 6,
  sampling: 7,
  projection: 8,
  evaluation: 9,
} as const satisfies Record<string, number>;

/**
 * The root key of a seed.
 * @param seed an integer, 0 ≤ seed ≤ 2⁵³ − 1
 * @throws RangeError for anything else
 */
export function key(seed: number): Key {
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new RangeError(`invalid seed: ${seed} (need an integer from 0 to 2^53 - 1)`);
  return [Math.floor(seed / 2 ** 32), seed >>> 0];
}

/** The child `index` (below 2³²) of a key: both words of block(key, [0, index]), as JAX's `split`. */
export function split(parent: Key, index: number): Key {
  const words = blocks(parent, index, new Uint32Array(2));
  return [words[0], words[1]];
}

/** The child of a key that belongs to a name: FNV-1a of its UTF-16 code units, then {@link split}. */
export function splitByName(parent: Key, name: string): Key {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return split(parent, hash >>> 0);
}

/** `count` words of random bits, equal to `jax.random.bits(key, (count,))`. */
export function bits(from: Key, count: number): Uint32Array {
  const words = blocks(from, 0, new Uint32Array(2 * count));
  return Uint32Array.from({ length: count }, (_, i) => words[2 * i] ^ words[2 * i + 1]);
}

/** `count` uniform numbers in [0, 1), multiples of 2⁻²⁴. */
export function uniforms(from: Key, count: number): Float64Array {
  return Float64Array.from(bits(from, count), (word) => (word >>> 8) * 2 ** -24);
}

/** A standard normal array of `count` numbers; see {@link fillNormals}. */
export function normals(from: Key, count: number): Float32Array {
  return fillNormals(from, new Float32Array(count));
}

const scratch = new Uint32Array(512);

/**
 * Fills `out[start … start + length)` with standard normals: block j gives elements 2j and 2j + 1 as one Box–Muller
 * pair, radius from the first word and angle from the second. The largest magnitude is √(48 ln 2) ≈ 5.77.
 * @returns `out`
 */
export function fillNormals(
  from: Key,
  out: Float32Array,
  start = 0,
  length = out.length - start,
): Float32Array {
  for (let done = 0; done < length; done += scratch.length) {
    const end = Math.min(scratch.length, length - done);
    blocks(from, done >>> 1, end === scratch.length ? scratch : scratch.subarray(0, end + (end & 1)));
    for (let i = 0; i < end; i += 2) {
      const radius = Math.sqrt(-2 * logarithm((scratch[i] >>> 8) + 1));
      const turn = (scratch[i + 1] >>> 8) * 2 ** -24;
      const quarter = Math.floor(4 * turn + 0.5); // turn = quarter/4 + rest, |rest| ≤ 1/8
      const angle = 2 * Math.PI * (turn - quarter / 4);
      const sine = sineNearZero(angle);
      const cosine = cosineNearZero(angle);
      const swap = (quarter & 1) === 1;
      const x = swap ? -sine : cosine; // the angle turned by quarter · 90°
      const y = swap ? cosine : sine;
      const sign = (quarter & 2) === 2 ? -1 : 1;
      const at = start + done + i;
      out[at] = sign * radius * x;
      if (i + 1 < end) out[at + 1] = sign * radius * y;
    }
  }
  return out;
}

/** ln(k · 2⁻²⁴) for an integer 1 ≤ k ≤ 2²⁴: exponent and 2·artanh((m − 1)/(m + 1)), relative error below 1e-10. */
function logarithm(k: number): number {
  let exponent = 31 - Math.clz32(k);
  let mantissa = k / 2 ** exponent;
  if (mantissa > Math.SQRT2) {
    mantissa /= 2;
    exponent += 1;
  }
  const s = (mantissa - 1) / (mantissa + 1);
  const s2 = s * s;
  const series = 1 + s2 * (1 / 3 + s2 * (1 / 5 + s2 * (1 / 7 + s2 * (1 / 9 + s2 * (1 / 11 + s2 / 13)))));
  return (exponent - 24) * Math.LN2 + 2 * s * series;
}

/** A random permutation of 0 … count − 1 (Fisher–Yates on keyed uniforms of 53 bits). */
export function permutation(from: Key, count: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  const words = blocks(from, 0, new Uint32Array(2 * count));
  for (let i = count - 1; i > 0; i--) {
    const uniform = ((words[2 * i] >>> 5) * 2 ** 26 + (words[2 * i + 1] >>> 6)) * 2 ** -53;
    const j = Math.floor(uniform * (i + 1));
    const swapped = order[i];
    order[i] = order[j];
    order[j] = swapped;
  }
  return order;
}
