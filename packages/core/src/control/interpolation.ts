/**
 * From one seed to another: every draw of noise is z = cos(πt/2)·z_a + sin(πt/2)·z_b, which is exactly normal at each t
 * because cos² + sin² = 1, seed a's own at t = 0 and seed b's at t = 1. On the straight line between the two the
 * variance would fall to a half, and images would lose contrast.
 */
import { normals, split, uniforms, type Key } from "../rng.ts";
import type { Space } from "../space.ts";
import { onCircle } from "../turns.ts";

/** A way between two images' noise. */
export interface Interpolation {
  /** The keys of the images at its ends: split(split(key(seed), purposes.sampling), image). */
  readonly from: Key;
  readonly to: Key;
  /** Where on it each image of the space is: t in [0, 1]. */
  readonly positions: Float64Array;
}

/**
 * A space whose images have the noise of that way in place of their own. It is drawn on the host, where both keys are at
 * hand, and has the same bits in every space. Uniform numbers, for accepting and rejecting, have no such way: they are
 * those of `from` up to the end.
 * @throws TypeError where noise is asked for that is not normal
 */
export function interpolated<V>(space: Space<V>, { from, to, positions }: Interpolation): Space<V> {
  const { dimension } = space;
  return {
    ...space,
    noise(draw, law = "normal") {
      if (law !== "normal")
        throw new TypeError("only normal noise can be interpolated (this prior is uniform)");
      const [a, b] = [from, to].map((end) => normals(split(end, draw), dimension));
      const z = new Float32Array(positions.length * dimension);
      positions.forEach((t, image) => {
        const [cosine, sine] = onCircle(t / 4); // exactly [1, 0] and [0, 1] at the ends
        for (let i = 0; i < dimension; i++) z[image * dimension + i] = cosine * a[i] + sine * b[i];
      });
      return space.constant(z);
    },
    uniform(draw) {
      const [a, b] = [from, to].map((end) => uniforms(split(end, draw), 1)[0]);
      return positions.map((t) => (t === 1 ? b : a));
    },
  };
}
