import { key, normals, split, uniforms } from "../rng.ts";

/** Fixed random Fourier features: frequencies N(0, (2π)²), phases U[0, 2π), the same for every model of one count. */
export function fourierFeatures(count: number): {
  frequencies: readonly number[];
  phases: readonly number[];
} {
  const root = key(0);
  return {
    frequencies: Array.from(normals(split(root, 0), count), (z) => 2 * Math.PI * z),
    phases: Array.from(uniforms(split(root, 1), count), (u) => 2 * Math.PI * u),
  };
}
