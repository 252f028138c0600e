import type { Space } from "../space.ts";

/** A space with another score. Energy and vjp belong to the old one and are gone. */
export function withScore<V>(space: Space<V>, score: Space<V>["score"]): Space<V> {
  return { ...space, score, energy: undefined, vjp: undefined };
}
