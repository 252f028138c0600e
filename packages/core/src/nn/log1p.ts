import type { Nn } from "../nn.ts";

/** Square roots that are taken before the series: 1 + v ≤ 10⁶ becomes at most 1.54. */
const roots = 5;
/** The coefficients of artanh(s)/s in s², the last first; what is left out is below 10⁻⁹ of the sum. */
const series = [1 / 11, 1 / 9, 1 / 7, 1 / 5, 1 / 3, 1];

/**
 * ln(1 + v) for v [N, K] in [0, 10⁶], to a few units in the last place of float32 however small v is, in any
 * interpreter: with y = (1 + v)^(1/2ᵏ) − 1 it is 2ᵏ·ln(1 + y) = 2ᵏ⁺¹·artanh(y/(2 + y)). A root of 1 + y, less 1, is
 * y/(1 + √(1 + y)), so nothing is ever subtracted. The logarithm of 1 + v itself would lose the digits of a small v,
 * and ONNX has no Log1p.
 */
export function log1p<I, V, W>(nn: Nn<I, V, W>, v: V): V {
  let y = v;
  for (let i = 0; i < roots; i++) {
    const whole = nn.plus(y, 1);
    y = nn.times(y, nn.reciprocal(nn.plus(nn.times(whole, nn.rsqrt(whole)), 1)));
  }
  const s = nn.times(y, nn.reciprocal(nn.plus(y, 2)));
  const square = nn.times(s, s);
  const [last, ...others] = series;
  let sum = nn.plus(nn.times(square, last), others[0]);
  for (const coefficient of others.slice(1)) sum = nn.plus(nn.times(sum, square), coefficient);
  return nn.times(nn.times(s, sum), 2 ** (roots + 1));
}
