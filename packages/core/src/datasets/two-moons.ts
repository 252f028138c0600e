/** Two interleaved half circles with Gaussian noise; the smoothed score is exact by quadrature along the arcs. */
import { fillNormals, split, type Key } from "../rng.ts";
import type { Dataset, ProceduralDataset } from "./dataset.ts";
import { gaussLegendre } from "./gauss-legendre.ts";

/** The half circles centre + side·(cos t, sin t), 0 ≤ t ≤ π, of radius 1. */
const moons = [
  { centre: [0, 0], side: 1 },
  { centre: [1, 0.5], side: -1 },
] as const;

/**
 * Points of the plane on either half circle, at a uniform angle, plus N(0, noise²·I). The class is the half circle.
 * @param noise > 0, in radii
 */
export function noisyMoons({ noise = 0.1 } = {}): ProceduralDataset {
  if (!(noise > 0)) throw new RangeError(`invalid noise: ${noise} (need a number > 0)`);
  return (from: Key): Dataset => ({
    name: "two-moons",
    shape: [2, 1, 1],
    size: Infinity,
    pixels: false,
    classes: ["upper", "lower"],
    read(index, out, offset) {
      // A normal pair over its length is a uniform point of the circle; the signs choose the half and the moon.
      const [a, b, c, dx, dy] = fillNormals(split(from, index), new Float32Array(5));
      const length = Math.sqrt(a * a + b * b);
      const which = c < 0 ? 1 : 0;
      const { centre, side } = moons[which];
      out[offset] = centre[0] + side * (length > 0 ? a / length : 1) + noise * dx;
      out[offset + 1] = centre[1] + side * (length > 0 ? Math.abs(b) / length : 0) + noise * dy;
      return which;
    },
    score: (x, sigma) => moonsScore(noise ** 2 + sigma ** 2, x),
  });
}

/** The data set `two-moons`: points [2, 1, 1], noise 0.1. */
export const twoMoons = noisyMoons();

/**
 * ∇ log Σₘ ∫₀^π N(x; cₘ(t), v·I) dt. In polar coordinates (ρ, φ) about a moon's centre the integrand is
 * exp(−(ρ² + 1)/2v + κ cos(t − φ)) with κ = ρ/v. The arc is cut where u = |t − φ| (as an angle of the circle) is 0 or π,
 * so that the integrand falls along each piece; a piece ends where it has fallen by e⁻⁴⁰, and there Gauss–Legendre
 * quadrature is exact to rounding for every κ.
 */
function moonsScore(v: number, x: Float64Array): Float64Array {
  const score = new Float64Array(x.length);
  for (let at = 0; at < x.length; at += 2) {
    let largest = -Infinity; // logarithm of the unit in which the sums are kept
    let mass = 0;
    let sumX = 0;
    let sumY = 0;
    for (const { centre, side } of moons) {
      const px = side * (x[at] - centre[0]);
      const py = side * (x[at + 1] - centre[1]);
      const rho = Math.hypot(px, py);
      const phi = Math.atan2(py, px);
      const kappa = rho / v;
      for (const { sign, near, far } of phi >= 0 ? inside(phi) : outside(phi)) {
        const end = Math.min(far, Math.acos(Math.max(-1, Math.cos(near) - 40 / kappa)));
        const log = -((rho - 1) ** 2) / (2 * v) - 2 * kappa * Math.sin(near / 2) ** 2;
        if (log > largest) {
          const shrink = Math.exp(largest - log);
          mass *= shrink;
          sumX *= shrink;
          sumY *= shrink;
          largest = log;
        }
        const unit = Math.exp(log - largest) * (end - near);
        for (let i = 0; i < nodes.length; i++) {
          const u = near + (end - near) * nodes[i];
          const fall = -2 * kappa * Math.sin((u + near) / 2) * Math.sin((u - near) / 2);
          const weight = unit * weights[i] * Math.exp(fall);
          const t = phi + sign * u;
          mass += weight;
          sumX += weight * side * (Math.cos(t) - px);
          sumY += weight * side * (Math.sin(t) - py);
        }
      }
    }
    score[at] = sumX / mass / v;
    score[at + 1] = sumY / mass / v;
  }
  return score;
}

interface Piece {
  readonly sign: 1 | -1;
  readonly near: number;
  readonly far: number;
}

/** The pieces of 0 ≤ t ≤ π seen from an angle φ between 0 and π: t = φ ± u, near ≤ u ≤ far. */
function inside(phi: number): Piece[] {
  return [
    { sign: -1, near: 0, far: phi },
    { sign: 1, near: 0, far: Math.PI - phi },
  ];
}

/** The same from −π ≤ φ < 0: both ways round to the point opposite. */
function outside(phi: number): Piece[] {
  return [
    { sign: 1, near: -phi, far: Math.PI },
    { sign: -1, near: Math.PI + phi, far: Math.PI },
  ];
}

const { nodes, weights } = gaussLegendre(32);
