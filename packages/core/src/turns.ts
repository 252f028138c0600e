/**
 * Sine and cosine from + − × alone, which round the same way on every machine; `Math.sin` does not promise that. An
 * angle in turns loses nothing when whole and quarter turns are taken off.
 */

/** sin(angle) for |angle| ≤ π/4, absolute error below 2e-11. */
export function sineNearZero(angle: number): number {
  const a2 = angle * angle;
  return angle * (1 + a2 * (-1 / 6 + a2 * (1 / 120 + a2 * (-1 / 5040 + a2 * (1 / 362880 - a2 / 39916800)))));
}

/** cos(angle) for |angle| ≤ π/4, absolute error below 1e-12. */
export function cosineNearZero(angle: number): number {
  const a2 = angle * angle;
  return (
    1 +
    a2 * (-1 / 2 + a2 * (1 / 24 + a2 * (-1 / 720 + a2 * (1 / 40320 + a2 * (-1 / 3628800 + a2 / 479001600)))))
  );
}

/** The point [cos, sin] of the unit circle at an angle in turns. */
export function onCircle(turns: number): readonly [x: number, y: number] {
  const quarters = Math.floor(4 * turns + 0.5);
  const angle = 2 * Math.PI * (turns - quarters / 4);
  const [cosine, sine] = [cosineNearZero(angle), sineNearZero(angle)];
  switch (quarters & 3) {
    case 0:
      return [cosine, sine];
    case 1:
      return [-sine, cosine];
    case 2:
      return [-cosine, -sine];
    default:
      return [sine, -cosine];
  }
}
