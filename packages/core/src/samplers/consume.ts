import type { PerImage, Space } from "../space.ts";

/** Terms of a sum: coefficients and the values that they belong to. */
type Terms<V> = readonly (readonly [coefficient: PerImage, value: V])[];

/** Σ cᵢ·vᵢ of values that nobody needs afterwards, which go back to the space's pool, and of those to `keep`. */
export function consume<V>(space: Space<V>, terms: Terms<V>, keep: Terms<V> = []): V {
  const sum = space.combine([...terms, ...keep]);
  space.release(...terms.map(([, value]) => value));
  return sum;
}
