/**
 * Sampling images of which something is known: A x = y for a symmetric linear map A of the pixels, or A x = y up to
 * normal noise of covariance R.
 *
 * Given x at noise level σ, the clean image is about normal, with Tweedie's mean D = x + σ²·score and covariance
 * σ²·P, P = ∂D/∂x (Boys et al. 2023, "Tweedie moment projected diffusions"). Knowing y moves its mean by the rule for
 * conditional normals,
 *
 *   D_y = D + σ²P A λ,   (σ²·A P A + R) λ = A y − A D,
 *
 * and the score given y is (D_y − x)/σ². For normal data this is exact. λ comes from conjugate gradients (as in Rozet
 * et al. 2024), with P·v as a difference quotient of the score: an evaluation for each step, which is a refinement.
 * What the few steps leave of the residual, or all of it without any, is taken up by a projection, the same rule with
 * independent pixels in place of P (for R = 0 the range–null-space decomposition of Wang et al. 2022, DDNM), so that
 * what is known exactly holds at every step.
 */
import type { PerImage, Space } from "../space.ts";
import { withScore } from "./with-score.ts";

/** What is known of the images, in values of their space. */
export interface Observation<V> {
  /** The known numbers, as images. */
  readonly y: V;
  /** A v: a new value. */
  readonly map: (v: V) => V;
  /** R v: a new value; left out where y is exact. */
  readonly noise?: (v: V) => V;
  /**
   * What a residual r = A y − A D moves D by if pixels are independent: σ²P A (σ²A P A + R)⁻¹ r with P a multiple of I.
   * A new value.
   */
  readonly project: (r: V, sigma: PerImage) => V;
}

/** How closely a score given an observation is computed. */
export interface ObservationOptions {
  /** Steps of conjugate gradients for each score, an evaluation each; 0 is the projection alone. */
  readonly refinements: number;
}

/** Two refinements were the fewest that left no seam; `docs/control.md` has the measurements. */
export const observationDefaults: ObservationOptions = { refinements: 2 };

/** Score evaluations that a score given an observation takes. */
export const observationCost = ({ refinements }: ObservationOptions): number => 1 + refinements;

/** Length of the difference quotient, in σ per pixel (rms). */
const nudge = 0.03;

/** A space of images that agree with an observation. */
export function observed<V>(
  space: Space<V>,
  { y, map, noise, project }: Observation<V>,
  { refinements }: ObservationOptions,
): Space<V> {
  return withScore(space, async (x, sigma, given) => {
    const variance = each(sigma, (level) => level ** 2);
    const precision = each(variance, (v) => 1 / v);
    const score = await space.score(x, sigma, given);
    const tweedie = space.combine([
      [1, x],
      [variance, score],
    ]);
    const gap = space.combine([
      [1, y],
      [-1, tweedie],
    ]);
    const { denoised, residual } = await refined(tweedie, map(gap));
    const projected = project(residual, sigma);
    const posterior = space.combine([
      [precision, denoised],
      [precision, projected],
      [each(precision, (p) => -p), x],
    ]);
    space.release(score, gap, denoised, residual, projected);
    return posterior;

    /** Takes D and its residual, and gives them after some steps of conjugate gradients from λ = 0. */
    async function refined(denoised: V, residual: V): Promise<{ denoised: V; residual: V }> {
      if (refinements === 0) return { denoised, residual };
      let direction = space.combine([[1, residual]]);
      let size = await space.dot(residual, residual);
      for (let i = 0; i < refinements; i++) {
        const mapped = map(direction);
        const moved = await sensitivity(mapped);
        const image = seen(moved, direction);
        const curvature = await space.dot(direction, image);
        // Where the network's P is not positive along the direction, this image is left as it is.
        const step = size.map((s, k) => (curvature[k] > 0 ? s / curvature[k] : 0));
        const closer = space.combine([
          [1, denoised],
          [step, moved],
        ]);
        const rest = space.combine([
          [1, residual],
          [step.map((s) => -s), image],
        ]);
        const left = await space.dot(rest, rest);
        const conjugate = space.combine([
          [1, rest],
          [left.map((l, k) => (size[k] > 0 ? l / size[k] : 0)), direction],
        ]);
        space.release(denoised, mapped, moved, image, residual, direction);
        [denoised, residual, direction, size] = [closer, rest, conjugate, left];
      }
      space.release(direction);
      return { denoised, residual };
    }

    /** A u + (R/σ²) v. */
    function seen(u: V, v: V): V {
      const mapped = map(u);
      if (noise === undefined) return mapped;
      const noisy = noise(v);
      const sum = space.combine([
        [1, mapped],
        [precision, noisy],
      ]);
      space.release(mapped, noisy);
      return sum;
    }

    /** P v = v + σ²·(∂score/∂x) v. */
    async function sensitivity(v: V): Promise<V> {
      const norms = await space.dot(v, v);
      const h = norms.map((norm, image) =>
        norm > 0 ? (nudge * at(sigma, image)) / Math.sqrt(norm / space.dimension) : 1,
      );
      const ahead = space.combine([
        [1, x],
        [h, v],
      ]);
      const there = await space.score(ahead, sigma, given);
      const quotient = h.map((length, image) => at(variance, image) / length);
      const moved = space.combine([
        [1, v],
        [quotient, there],
        [quotient.map((q) => -q), score],
      ]);
      space.release(ahead, there);
      return moved;
    }
  });
}

const at = (coefficient: PerImage, image: number): number =>
  typeof coefficient === "number" ? coefficient : coefficient[image];

const each = (coefficient: PerImage, of: (value: number) => number): PerImage =>
  typeof coefficient === "number" ? of(coefficient) : coefficient.map(of);
