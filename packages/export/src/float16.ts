/** IEEE 754 binary16: one bit of sign, five of exponent, ten of fraction. Node 20 has no Float16Array. */

/** The largest number. */
const largest = 65_504;
/** The smallest normal number; below it numbers are whole multiples of 2⁻²⁴. */
const smallestNormal = 2 ** -14;

/**
 * The bits of the float16 that is nearest to a number, of two equally near ones the even one.
 * @throws RangeError where the number is not finite, or larger than any float16
 */
export function float16Bits(value: number): number {
  const size = Math.abs(value);
  if (!(size <= largest))
    throw new RangeError(
      `invalid number: ${value} (need one from -${largest} to ${largest}, as float16 has)`,
    );
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  if (size < smallestNormal) return sign | roundedToEven(size * 2 ** 24);
  // Where the logarithm is rounded to a whole number from below, the fraction rounds to that power of two as well.
  const exponent = Math.floor(Math.log2(size));
  // A fraction that rounds up to 2¹¹ carries, and makes the exponent one more, as it should.
  return sign | (((exponent + 15) << 10) + roundedToEven(size * 2 ** (10 - exponent)) - 2 ** 10);
}

/** The number of some bits. */
export function float16OfBits(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

/** The float16 that is nearest to a number. @throws as {@link float16Bits} */
export const nearestFloat16 = (value: number): number => float16OfBits(float16Bits(value));

/** A whole number, of two equally near ones the even one. */
function roundedToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below; // exact
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}
