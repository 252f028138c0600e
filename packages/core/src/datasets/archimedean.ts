/** Arms of Archimedean spirals with Gaussian noise, of which `swiss-roll` and `spiral` are two. */
import { fillNormals, split, uniforms, type Key } from "../rng.ts";
import { onCircle } from "../turns.ts";
import type { Dataset, ProceduralDataset } from "./dataset.ts";
import { gaussLegendre } from "./gauss-legendre.ts";

/** The arms radius·t·(cos, sin)(t + k/arms), t in turns, k = 0 … arms − 1. */
export interface Arms {
  readonly name: string;
  readonly arms: number;
  /** Turns at which an arm begins and ends, 0 ≤ from < to. */
  readonly turns: readonly [from: number, to: number];
  /** Distance from the centre after one turn, > 0. */
  readonly radius: number;
  /** How t is drawn: evenly, or in proportion to t, which is nearly even along the arm. */
  readonly law: "even" | "proportional";
  /** Standard deviation of the noise, > 0. */
  readonly noise: number;
}

/** Points [2, 1, 1] of the arms; the class is the arm, where there are several. @throws RangeError for noise ≤ 0 */
export function archimedean(spiral: Arms): ProceduralDataset {
  const { name, arms, turns, radius, law, noise } = spiral;
  if (!(noise > 0)) throw new RangeError(`invalid noise: ${noise} (need a number > 0)`);
  const [from, to] = turns;
  const drawn = (u: number) =>
    law === "even" ? from + u * (to - from) : Math.sqrt(from ** 2 + u * (to ** 2 - from ** 2));
  return (key: Key): Dataset => ({
    name,
    shape: [2, 1, 1],
    size: Infinity,
    pixels: false,
    ...(arms > 1 && { classes: Array.from({ length: arms }, (_, arm) => String(arm)) }),
    read(index, out, offset) {
      const item = split(key, index);
      const [u, which] = uniforms(split(item, 0), 2);
      const [dx, dy] = fillNormals(split(item, 1), new Float32Array(2));
      const t = drawn(u);
      const arm = Math.floor(which * arms);
      const [x, y] = onCircle(t + arm / arms);
      out[offset] = radius * t * x + noise * dx;
      out[offset + 1] = radius * t * y + noise * dy;
      return arms > 1 ? arm : -1;
    },
    score: (x, sigma) => armsScore(spiral, noise ** 2 + sigma ** 2, x),
  });
}

const rule = gaussLegendre(16);

/**
 * ∇ log Σₖ ∫ p(t)·N(x; cₖ(t), v·I) dt by Gauss–Legendre quadrature on panels of at most four deviations: of the noise
 * or, seen from far outside, of the narrower stretch of arm that is near.
 */
function armsScore(spiral: Arms, v: number, x: Float64Array): Float64Array {
  const { turns, radius } = spiral;
  const farthest = x.reduce((far, value) => Math.max(far, Math.abs(value)), 0);
  const width = Math.sqrt(v * Math.min(1, (radius * turns[1]) / (Math.SQRT2 * farthest)));
  const length = 2 * Math.PI * radius * turns[1] * (turns[1] - turns[0]); // and a little more than it is
  const { points, masses } = nodesOf(spiral, Math.ceil(Math.max(length / (4 * width), 8 * turns[1])));
  const score = new Float64Array(x.length);
  const squares = new Float64Array(masses.length);
  for (let at = 0; at < x.length; at += 2) {
    const [px, py] = [x[at], x[at + 1]];
    let nearest = Infinity;
    for (let i = 0; i < masses.length; i++) {
      squares[i] = (points[2 * i] - px) ** 2 + (points[2 * i + 1] - py) ** 2;
      if (squares[i] < nearest) nearest = squares[i];
    }
    let [mass, sumX, sumY] = [0, 0, 0];
    for (let i = 0; i < masses.length; i++) {
      const weight = masses[i] * Math.exp((nearest - squares[i]) / (2 * v));
      mass += weight;
      sumX += weight * (points[2 * i] - px);
      sumY += weight * (points[2 * i + 1] - py);
    }
    score[at] = sumX / mass / v;
    score[at + 1] = sumY / mass / v;
  }
  return score;
}

/** Where the quadrature looks at the arms, and with what mass: `panels` panels of {@link rule} an arm. */
function nodesOf({ arms, turns: [from, to], radius, law }: Arms, panels: number) {
  const count = arms * panels * rule.nodes.length;
  const points = new Float64Array(2 * count);
  const masses = new Float64Array(count);
  const panel = (to - from) / panels;
  let at = 0;
  for (let arm = 0; arm < arms; arm++)
    for (let p = 0; p < panels; p++)
      for (let i = 0; i < rule.nodes.length; i++, at++) {
        const t = from + (p + rule.nodes[i]) * panel;
        const [x, y] = onCircle(t + arm / arms);
        points[2 * at] = radius * t * x;
        points[2 * at + 1] = radius * t * y;
        masses[at] = rule.weights[i] * (law === "even" ? 1 : t);
      }
  return { points, masses };
}
