/**
 * Keyed noise on the GPU: Threefry-2×32-20 with the bits of core's `threefry.ts`, the tree of keys below sampling
 * (image, then draw), and Box–Muller by the polynomials of core's `rng.ts`.
 *
 * Integers are equal to core's. Core computes normals in float64 and rounds once, WGSL has float32 alone: a normal
 * differs by at most 1e-6·(1 + |z|). WGSL promises + − × rounded once, 2.5 ulp for ÷ and 4.5 for √; ln takes one ÷ and
 * its root halves the relative error, which leaves about 1e-6·|z| at the worst. The sine and cosine of WGSL promise
 * 2⁻¹¹ only and are not used; the angle is reduced in integers, which is exact.
 */
import type { Kernel } from "./kernel.ts";

/** `block(key, counter)`, both words, of the counter [0, counter]; `drawKey`, the child of image and draw. */
export const threefry = `
fn turn(v: vec2u, r: u32) -> vec2u {
  let a = v.x + v.y;
  return vec2u(a, ((v.y << r) | (v.y >> (32u - r))) ^ a);
}
fn four(v: vec2u, r: vec4u) -> vec2u {
  return turn(turn(turn(turn(v, r.x), r.y), r.z), r.w);
}
fn block(k: vec2u, counter: u32) -> vec2u {
  let k2 = k.x ^ k.y ^ 0x1bd11bdau;
  let even = vec4u(13, 15, 26, 6);
  let odd = vec4u(17, 29, 16, 24);
  var v = vec2u(k.x, k.y + counter);
  v = four(v, even) + vec2u(k.y, k2 + 1);
  v = four(v, odd) + vec2u(k2, k.x + 2);
  v = four(v, even) + vec2u(k.x, k.y + 3);
  v = four(v, odd) + vec2u(k.y, k2 + 4);
  return four(v, even) + vec2u(k2, k.x + 5);
}
fn drawKey(high: u32, low: u32, image: u32, draw: u32) -> vec2u {
  return block(block(vec2u(high, low), image), draw);
}`;

/** ln(k·2⁻²⁴) for 1 ≤ k ≤ 2²⁴, and the pair of normals of a block. */
const boxMuller = `
fn logarithm(k: u32) -> f32 {
  var exponent = 31 - i32(countLeadingZeros(k));
  var mantissa = f32(k) * bitcast<f32>(u32(127 - exponent) << 23);
  if (mantissa > ${Math.SQRT2}) {
    mantissa *= 0.5;
    exponent += 1;
  }
  let s = (mantissa - 1) / (mantissa + 1);
  let s2 = s * s;
  let series = 1 + s2 * (${1 / 3} + s2 * (${1 / 5} + s2 * (${1 / 7} + s2 * (${1 / 9} + s2 * (${1 / 11} + s2 * ${1 / 13})))));
  return f32(exponent - 24) * ${Math.LN2} + 2 * s * series;
}
fn pair(words: vec2u) -> vec2f {
  let radius = sqrt(-2 * logarithm((words.x >> 8) + 1));
  let turn = words.y >> 8;
  let quarter = (turn + ${2 ** 21}) >> 22;
  let angle = f32(i32(turn) - i32(quarter << 22)) * ${2 * Math.PI * 2 ** -24};
  let a2 = angle * angle;
  let sine = angle * (1 + a2 * (${-1 / 6} + a2 * (${1 / 120} + a2 * (${-1 / 5040} + a2 * (${1 / 362880} - a2 * ${1 / 39916800})))));
  let cosine = 1 + a2 * (-0.5 + a2 * (${1 / 24} + a2 * (${-1 / 720} + a2 * (${1 / 40320} + a2 * (${-1 / 3628800} + a2 * ${1 / 479001600})))));
  let turned = select(vec2f(cosine, sine), vec2f(-sine, cosine), (quarter & 1) == 1);
  return select(radius, -radius, (quarter & 2) == 2) * turned;
}`;

const tree = ["high", "low", "first", "draw", "dimension"];

/** Standard normals; an item is a block, two elements of an image. */
export const normal: Kernel = {
  name: "normal noise",
  scalars: tree,
  declarations: threefry + boxMuller,
  body: `
    let blocks = (dimension + 1) / 2;
    let image = i / blocks;
    let at = i % blocks;
    let z = pair(block(drawKey(high, low, first + image, draw), at));
    out[image * dimension + 2 * at] = z.x;
    if (2 * at + 1 < dimension) { out[image * dimension + 2 * at + 1] = z.y; }`,
};

/** U[0, 1), equal to core's; an item is an element. */
export const uniform: Kernel = {
  name: "uniform noise",
  scalars: tree,
  declarations: threefry,
  body: `
    let words = block(drawKey(high, low, first + i / dimension, draw), i % dimension);
    out[i] = f32((words.x ^ words.y) >> 8) * ${2 ** -24};`,
};
