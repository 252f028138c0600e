/**
 * Digits drawn by a pen: 28×28 grey images of 0–9 with varied hands, endless and from a key alone.
 *
 * A digit is one of a few shapes, each a list of pen strokes. Its control points are moved by a smooth random field
 * and a little each, joined by a spline, slanted, turned, stretched, placed, and inked with a pen of some width.
 * Only + − × ÷ √ are used, so every engine draws the same bytes.
 */
import { split, uniforms, type Key } from "../rng.ts";
import type { Dataset } from "./dataset.ts";

const size = 28;
const lattice = 4; // points of the displacement field along each side
const pieces = 6; // straight pieces between two control points
const soft = 0.75; // half the width of the pen's soft edge, pixels

/**
 * The shapes of each digit, in percent of its height, y down. A stroke is its points in writing order; `!` marks a
 * corner, `;` lifts the pen.
 */
const shapes: readonly (readonly string[])[] = [
  [
    "46,2 22,14 6,46 14,82 38,99 62,86 72,50 62,14 42,1 28,8",
    "40,0 12,18 2,50 14,84 40,100 66,84 78,50 66,18 42,0 22,9",
    "60,8 34,3 10,28 4,64 22,96 48,94 68,66 72,30 54,3 34,7",
  ],
  ["40,0 39,50 38,100", "18,24 30,14 42,0! 41,50 40,100", "16,22 30,14 42,0! 42,50 42,99; 14,99 42,99 70,98"],
  [
    "6,24 18,6 42,0 64,11 67,33 50,60 27,82 3,99! 36,98 74,97",
    "8,18 28,2 54,4 66,24 56,48 32,74 10,96 0,90 12,80 36,90 58,99 78,89",
    "10,14 36,0 62,12 62,38 40,66 6,97! 28,92 50,98 76,96",
  ],
  [
    "8,12 32,0 58,8 62,28 48,42 28,47! 54,52 70,70 60,92 34,100 4,90",
    "6,6 36,0 64,14 54,38 26,46! 58,52 68,78 44,98 2,94",
    "8,3 36,2 64,3! 48,20 30,40! 58,48 70,70 56,94 28,100 4,90",
  ],
  [
    "12,2 8,28 3,56! 38,57 78,54; 58,22 55,60 52,100",
    "50,0 28,32 2,66! 40,67 80,65; 56,2 55,50 54,100",
    "18,4 12,30 8,50 24,58 48,55 68,48; 66,4 60,50 54,100",
  ],
  [
    "68,3 42,2 18,3! 14,22 10,42! 36,36 62,48 68,70 54,93 30,100 4,90",
    "16,4 13,24 10,44! 38,40 64,54 62,82 36,99 4,92; 16,4 42,5 70,2",
  ],
  [
    "56,0 32,18 12,46 6,74 22,97 48,97 62,77 50,58 28,60 10,76",
    "40,0 22,28 8,58 10,84 32,100 56,90 60,68 40,58 18,68 9,82",
    "64,4 36,8 12,36 4,70 20,96 46,98 64,78 54,56 30,54 8,70",
  ],
  [
    "4,5 34,4 68,3! 50,34 36,66 28,100",
    "4,5 34,4 68,3! 52,32 38,66 30,100; 22,50 42,48 62,47",
    "6,20 6,4! 36,4 70,4! 60,22 44,54 36,100",
  ],
  [
    "58,10 36,0 14,12 18,32 40,48 62,66 60,90 36,100 10,90 10,68 30,50 54,34 62,14 48,2",
    "40,0 18,8 14,28 38,46 60,30 56,8 36,0 24,4; 38,46 12,60 8,84 36,100 64,84 60,60 36,46 26,50",
  ],
  [
    "62,14 40,0 14,12 8,36 28,50 50,42 62,18! 60,58 54,100",
    "60,18 38,0 12,14 8,38 28,52 52,42 62,16 64,46 54,82 32,100 8,92",
    "56,20 34,2 10,16 12,42 36,50 56,34 60,10! 50,58 36,100",
  ],
];

/** A stroke's control points, x, y in heights of the digit about its middle, and which of them are corners or ends. */
interface Stroke {
  readonly points: readonly number[];
  readonly corners: readonly boolean[];
}

const drawings: readonly (readonly (readonly Stroke[])[])[] = shapes.map((variants) => variants.map(parse));

function parse(shape: string): Stroke[] {
  return shape.split("; ").map((line) => {
    const words = line.split(" ");
    const percent = words.flatMap((word) => word.replace("!", "").split(",").map(Number));
    return {
      points: percent.map((value, i) => value / 100 - (i % 2 === 0 ? 0.37 : 0.5)),
      corners: words.map((word, i) => i === 0 || i === words.length - 1 || word.endsWith("!")),
    };
  });
}

/** The data set `glyphs`: digits "0" … "9", [1, 28, 28], white ink on black in steps of 1/255. */
export function glyphs(from: Key): Dataset {
  return {
    name: "glyphs",
    shape: [1, size, size],
    size: Infinity,
    pixels: true,
    classes: Array.from({ length: 10 }, (_, digit) => String(digit)),
    read(index, out, offset) {
      const numbers = uniforms(split(from, index), 128);
      let taken = 0;
      const uniform = () => numbers[taken++];
      const digit = Math.floor(10 * uniform());
      const variants = drawings[digit];
      const variant = variants[Math.floor(variants.length * uniform())];
      draw(variant, uniform, out.subarray(offset, offset + size * size));
      return digit;
    },
  };
}

/** Draws strokes with a hand, a place and a pen made of uniform random numbers. */
function draw(drawing: readonly Stroke[], uniform: () => number, image: Float32Array): void {
  const spread = () => 2 * uniform() - 1; // uniform on (−1, 1)
  const bell = () => uniform() + uniform() - 1; // triangular on (−1, 1)
  const field = Float64Array.from({ length: 2 * lattice * lattice }, () => 0.1 * bell());
  const slant = 0.1 + 0.3 * bell();
  const turn = 0.12 * bell(); // tangent of half the angle
  const cosine = (1 - turn * turn) / (1 + turn * turn);
  const sine = (2 * turn) / (1 + turn * turn);
  const aspect = 1 + 0.22 * bell();
  const lines = drawing.map(({ points, corners }) => {
    const moved = new Float64Array(points.length);
    for (let i = 0; i < points.length; i += 2) {
      const y = points[i + 1] + displacement(field, 1, points[i], points[i + 1]) + 0.015 * spread();
      const x = points[i] + displacement(field, 0, points[i], points[i + 1]) + 0.015 * spread();
      const slanted = aspect * x - slant * y;
      moved[i] = cosine * slanted - sine * y;
      moved[i + 1] = sine * slanted + cosine * y;
    }
    return spline(moved, corners);
  });
  place(lines, 18 + 2 * bell(), 0.8 * spread(), 0.8 * spread());
  const radius = 1.25 + 0.4 * spread();
  const pressure = 0.2 * spread(); // relative change of the radius towards a stroke's end
  image.fill(0);
  for (const line of lines) {
    const last = line.length / 2 - 1;
    for (let i = 0; i < last; i++) {
      const middle = (2 * i + 1) / last - 1;
      ink(
        image,
        line[2 * i],
        line[2 * i + 1],
        line[2 * i + 2],
        line[2 * i + 3],
        radius * (1 + pressure * middle),
      );
    }
  }
  for (let i = 0; i < image.length; i++) image[i] = Math.floor(255 * image[i] + 0.5) / 255;
}

/** The field's displacement at (x, y) along one axis: between lattice points by a smooth step in x and in y. */
function displacement(field: Float64Array, axis: number, x: number, y: number): number {
  const u = Math.min(Math.max((x + 0.5) * (lattice - 1), 0), lattice - 1.001);
  const v = Math.min(Math.max((y + 0.5) * (lattice - 1), 0), lattice - 1.001);
  const [i, j] = [Math.floor(u), Math.floor(v)];
  const across = smooth(u - i);
  const down = smooth(v - j);
  const at = 2 * (lattice * j + i) + axis;
  const above = field[at] + across * (field[at + 2] - field[at]);
  const below = field[at + 2 * lattice] + across * (field[at + 2 * lattice + 2] - field[at + 2 * lattice]);
  return above + down * (below - above);
}

function smooth(t: number): number {
  return t * t * (3 - 2 * t);
}

/** A cubic Hermite spline through the points, its tangents by chord length (Catmull–Rom, non-uniform), as a polyline. */
function spline(points: Float64Array, corners: readonly boolean[]): Float64Array {
  const spans = corners.length - 1;
  const line = new Float64Array(2 * (pieces * spans + 1));
  const chord = Float64Array.from({ length: spans }, (_, i) => {
    const dx = points[2 * i + 2] - points[2 * i];
    const dy = points[2 * i + 3] - points[2 * i + 1];
    return Math.sqrt(dx * dx + dy * dy);
  });
  for (let axis = 0; axis < 2; axis++) {
    const step = (i: number) => points[2 * i + 2 + axis] - points[2 * i + axis];
    const slope = (i: number) => {
      const [before, after] = [chord[i - 1], chord[i]];
      return ((step(i - 1) / before) * after + (step(i) / after) * before) / (before + after);
    };
    for (let i = 0; i < spans; i++) {
      const p = points[2 * i + axis];
      const d = step(i);
      let start = corners[i] ? NaN : slope(i) * chord[i];
      let end = corners[i + 1] ? NaN : slope(i + 1) * chord[i];
      if (corners[i] && corners[i + 1]) start = end = d;
      else if (corners[i])
        start = (3 * d - end) / 2; // no curvature where the pen sets down
      else if (corners[i + 1]) end = (3 * d - start) / 2;
      for (let k = 0; k < pieces; k++) {
        const t = k / pieces;
        line[2 * (pieces * i + k) + axis] =
          p + t * (start + t * (3 * d - 2 * start - end + t * (start + end - 2 * d)));
      }
    }
    line[2 * pieces * spans + axis] = points[2 * spans + axis];
  }
  return line;
}

/** Scales the lines so that the box around them all has `extent` pixels on its longer side, and centres it at (dx, dy). */
function place(lines: readonly Float64Array[], extent: number, dx: number, dy: number): void {
  const low = [Infinity, Infinity];
  const high = [-Infinity, -Infinity];
  for (const line of lines) {
    for (let i = 0; i < line.length; i++) {
      low[i & 1] = Math.min(low[i & 1], line[i]);
      high[i & 1] = Math.max(high[i & 1], line[i]);
    }
  }
  const scale = extent / Math.max(high[0] - low[0], high[1] - low[1]);
  const shift = [dx, dy].map((d, axis) => (size - 1) / 2 + d - (scale * (low[axis] + high[axis])) / 2);
  for (const line of lines) for (let i = 0; i < line.length; i++) line[i] = scale * line[i] + shift[i & 1];
}

/** Inks one straight piece of pen `radius`: each pixel keeps the largest coverage, by distance to the pieces. */
function ink(image: Float32Array, ax: number, ay: number, bx: number, by: number, radius: number): void {
  const reach = radius + soft;
  const left = Math.max(0, Math.ceil(Math.min(ax, bx) - reach));
  const right = Math.min(size - 1, Math.floor(Math.max(ax, bx) + reach));
  const top = Math.max(0, Math.ceil(Math.min(ay, by) - reach));
  const bottom = Math.min(size - 1, Math.floor(Math.max(ay, by) + reach));
  const dx = bx - ax;
  const dy = by - ay;
  const inverse = 1 / (dx * dx + dy * dy + 1e-12);
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      const t = Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) * inverse));
      const ex = x - ax - t * dx;
      const ey = y - ay - t * dy;
      const squared = ex * ex + ey * ey;
      if (squared >= reach * reach) continue;
      const depth = (reach - Math.sqrt(squared)) / (2 * soft);
      const coverage = depth >= 1 ? 1 : smooth(depth);
      const at = size * y + x;
      if (coverage > image[at]) image[at] = coverage;
    }
  }
}
