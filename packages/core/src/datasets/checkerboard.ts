/** Uniform points of the dark squares of a board: a density with edges, whose smoothed score has a closed form. */
import { split, uniforms, type Key } from "../rng.ts";
import type { Dataset, ProceduralDataset } from "./dataset.ts";
import { scaledErfc } from "./scaled-erfc.ts";

/** Squares a side; the board is [−cells, cells]², its squares 2 × 2, the lower left one dark. */
const cells = 4;
const edges = Array.from({ length: cells + 1 }, (_, i) => 2 * i - cells);
const dark = edges
  .slice(1)
  .flatMap((_, i) => edges.slice(1).flatMap((_, j) => ((i + j) % 2 ? [] : [[i, j]])));

/** The data set `checkerboard`: points [2, 1, 1], even on the eight dark squares of [−4, 4]². */
export const checkerboard: ProceduralDataset = (from: Key): Dataset => ({
  name: "checkerboard",
  shape: [2, 1, 1],
  size: Infinity,
  pixels: false,
  read(index, out, offset) {
    const [square, u, v] = uniforms(split(from, index), 3);
    const [i, j] = dark[Math.floor(square * dark.length)];
    out[offset] = edges[i] + 2 * u;
    out[offset + 1] = edges[j] + 2 * v;
    return -1;
  },
  score(x, sigma) {
    if (!(sigma > 0))
      throw new RangeError(`invalid sigma: ${sigma} (need a number > 0: the density has edges)`);
    const score = new Float64Array(x.length);
    for (let at = 0; at < x.length; at += 2) {
      const columns = strips(x[at], sigma);
      const rows = strips(x[at + 1], sigma);
      const logs = dark.map(([i, j]) => columns[i].log + rows[j].log);
      const largest = logs.reduce((a, b) => Math.max(a, b));
      let mass = 0;
      dark.forEach(([i, j], square) => {
        const weight = Math.exp(logs[square] - largest);
        mass += weight;
        score[at] += weight * columns[i].slope;
        score[at + 1] += weight * rows[j].slope;
      });
      score[at] /= mass;
      score[at + 1] /= mass;
    }
    return score;
  },
});

/** A strip of the board under the noise: the logarithm of its mass at a coordinate, and that one's derivative. */
interface Strip {
  readonly log: number;
  readonly slope: number;
}

/** Of every strip, ln(Φ(w) − Φ(u)) with u and w the distances from the coordinate to the strip's edges, in σ. */
function strips(at: number, sigma: number): Strip[] {
  return edges.slice(1).map((right, i) => {
    const [u, w] = [(edges[i] - at) / sigma, (right - at) / sigma];
    if (u > 0) return beside(u, w, 1 / sigma);
    if (w < 0) return beside(-w, -u, -1 / sigma);
    const mass = 1 - (tail(-u) + tail(w));
    return { log: Math.log(mass), slope: (normal(u) - normal(w)) / mass / sigma };
  });
}

/** A strip from u to w on one side, 0 < u < w: everything relative to exp(−u²/2), which underflows. */
function beside(u: number, w: number, direction: number): Strip {
  const fall = Math.exp((u - w) * ((u + w) / 2));
  const mass = (scaledErfc(u * Math.SQRT1_2) - fall * scaledErfc(w * Math.SQRT1_2)) / 2;
  const slope = ((1 - fall) * Math.SQRT1_2) / Math.sqrt(Math.PI) / mass;
  return { log: Math.log(mass) - u ** 2 / 2, slope: slope * direction };
}

const normal = (u: number): number => Math.exp(-(u ** 2) / 2) / Math.sqrt(2 * Math.PI);

/** 1 − Φ(u) for u ≥ 0. */
const tail = (u: number): number => (Math.exp(-(u ** 2) / 2) * scaledErfc(u * Math.SQRT1_2)) / 2;
