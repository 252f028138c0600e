/**
 * From one seed to another: every draw of noise is z = cos(πt/2)·z_a + sin(πt/2)·z_b, which is exactly normal at each t
 * because cos² + sin² = 1, seed a's own at t = 0 and seed b's at t = 1. On the straight line between them the variance
 * would fall to a half, and images would lose contrast.
 */
import type { Space } from "../space.ts";

/**
 * A space whose noise lies between that of two others.
 * @param a the space that scores, too
 * @param b its values are a's: made by the same device, of the same count and dimension
 * @param t one position per image, in [0, 1]
 */
export function interpolated<V>(
  a: Space<V>,
  b: Pick<Space<V>, "noise" | "uniform">,
  t: Float64Array,
): Space<V> {
  const towards = (value: number): readonly [number, number] =>
    value === 1 ? [0, 1] : [Math.cos((Math.PI / 2) * value), Math.sin((Math.PI / 2) * value)];
  const [cosines, sines] = [0, 1].map((i) => t.map((value) => towards(value)[i]));
  return {
    ...a,
    noise(draw, law = "normal") {
      if (law !== "normal")
        throw new TypeError("only normal noise can be interpolated (this prior is uniform)");
      const [za, zb] = [a.noise(draw), b.noise(draw)];
      const z = a.combine([
        [cosines, za],
        [sines, zb],
      ]);
      a.release(za, zb);
      return z;
    },
    // No uniform number lies between two others as a normal one does: what accepts and rejects stays seed a's.
    uniform(draw) {
      const [ua, ub] = [a.uniform(draw), b.uniform(draw)];
      return ua.map((value, image) => (t[image] === 1 ? ub[image] : value));
    },
  };
}
