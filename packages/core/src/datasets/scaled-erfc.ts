/**
 * exp(z²)·erfc(z) for z ≥ 0, which falls as 1/(z√π) where erfc underflows; relative error below 1e-13. Below 2 by the
 * series of erf (Abramowitz & Stegun 7.1.6), from there by the continued fraction of erfc (7.1.14).
 */
export function scaledErfc(z: number): number {
  if (z < 2) {
    let term = z;
    let sum = z;
    for (let n = 1; term > 1e-17 * sum; n++) {
      term *= (2 * z * z) / (2 * n + 1);
      sum += term;
    }
    return Math.exp(z * z) - (2 / Math.sqrt(Math.PI)) * sum;
  }
  let fraction = z;
  for (let n = 80; n >= 1; n--) fraction = z + n / 2 / fraction;
  return 1 / (Math.sqrt(Math.PI) * fraction);
}
