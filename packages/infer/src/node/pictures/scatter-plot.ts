/** Points of the plane as dots on white: the denser the place, the darker the dot. */
import { drawNumber, numberHeight, numberWidth } from "./small-numbers.ts";
import type { Raster } from "./raster.ts";

/** What part of the plane is shown: a square. */
export interface View {
  readonly centre: readonly [x: number, y: number];
  /** Half of its side. */
  readonly reach: number;
}

const size = 640; // pixels
const margin = 48; // left of and below the axes
const inside = size - 1.5 * margin; // the frame's side
const ink = [60, 64, 72] as const;
const faint = [228, 230, 234] as const;
/** From sparse to dense. */
const shades = [
  [158, 202, 225],
  [66, 146, 198],
  [8, 81, 156],
  [8, 29, 88],
] as const;

type Colour = readonly [red: number, green: number, blue: number];

/** The square that holds all but stray points, with some room. */
export function viewOf(points: Float32Array): View {
  const [x, y] = [0, 1].map((axis) => {
    const sorted = points.filter((value, i) => i % 2 === axis && Number.isFinite(value)).sort();
    const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] ?? 0;
    return { low: at(0.002), high: at(0.998) };
  });
  const reach = 0.6 * Math.max(x.high - x.low, y.high - y.low);
  return { centre: [(x.low + x.high) / 2, (y.low + y.high) / 2], reach: reach > 0 ? reach : 1 };
}

/** @param points x and y of one point after the other */
export function scatterPlot(points: Float32Array, view: View = viewOf(points)): Raster {
  const data = new Uint8Array(3 * size * size).fill(255);
  const canvas: Raster = { width: size, height: size, channels: 3, data };
  const left = margin;
  const top = margin / 2;
  const place = (x: number, y: number): [number, number] => [
    left + ((x - view.centre[0]) / view.reach + 1) * 0.5 * inside,
    top + (1 - (y - view.centre[1]) / view.reach) * 0.5 * inside,
  ];

  const step = niceStep(view.reach / 4);
  for (let axis = 0; axis < 2; axis++) {
    const [low, high] = [view.centre[axis] - view.reach, view.centre[axis] + view.reach];
    for (let tick = Math.ceil(low / step); tick * step <= high; tick++) {
      const value = Number((tick * step).toPrecision(6));
      const [x, y] = axis === 0 ? place(value, 0) : place(0, value);
      if (axis === 0) fill(canvas, x, top, 1, inside, faint);
      else fill(canvas, left, y, inside, 1, faint);
      const text = String(value);
      if (axis === 0) drawNumber(canvas, text, x - numberWidth(text) / 2, top + inside + 8, ink);
      else drawNumber(canvas, text, left - numberWidth(text) - 8, y - numberHeight / 2, ink);
    }
  }
  const dots = Array.from({ length: points.length / 2 }, (_, i) => place(points[2 * i], points[2 * i + 1]));
  const shown = dots.filter(([x, y]) => x >= left && x <= left + inside && y >= top && y <= top + inside);
  const density = densities(shown);
  const order = Array.from(shown, (_, i) => i).sort((a, b) => density[a] - density[b]);
  const radius = Math.min(4, Math.max(1.5, 80 / Math.sqrt(shown.length)));
  order.forEach((dot, rank) => disc(canvas, shown[dot], radius, shade(rank / order.length)));
  for (const [x, y, width, height] of [
    [left, top, 1, inside],
    [left, top + inside, inside + 1, 1],
  ] as const)
    fill(canvas, x, y, width, height, ink);
  return canvas;
}

/** 1, 2 or 5 times a power of ten, near to `about`. */
function niceStep(about: number): number {
  const power = 10 ** Math.floor(Math.log10(about));
  return power * ([1, 2, 5].find((factor) => factor * power >= about) ?? 10);
}

/** How many dots share a dot's neighbourhood: counts in cells of a few pixels, smoothed over the cells around. */
function densities(dots: readonly (readonly [number, number])[]): Float64Array {
  const cell = 8;
  const across = Math.ceil(size / cell) + 2;
  const counts = new Float64Array(across * across);
  const cellOf = ([x, y]: readonly [number, number]) =>
    (Math.floor(y / cell) + 1) * across + Math.floor(x / cell) + 1;
  for (const dot of dots) counts[cellOf(dot)] += 1;
  const around = [-across - 1, -across, -across + 1, -1, 0, 0, 1, across - 1, across, across + 1];
  return Float64Array.from(dots, (dot) => around.reduce((sum, step) => sum + counts[cellOf(dot) + step], 0));
}

function shade(rank: number): Colour {
  const at = rank * (shades.length - 1);
  const i = Math.min(Math.floor(at), shades.length - 2);
  const mix = (c: number) => shades[i][c] + (at - i) * (shades[i + 1][c] - shades[i][c]);
  return [mix(0), mix(1), mix(2)];
}

function fill(canvas: Raster, x: number, y: number, width: number, height: number, colour: Colour): void {
  for (let row = Math.round(y); row < Math.round(y + height); row++)
    for (let column = Math.round(x); column < Math.round(x + width); column++)
      blend(canvas, column, row, colour, 1);
}

/** A disc with a soft edge of one pixel. */
function disc(canvas: Raster, [x, y]: readonly [number, number], radius: number, colour: Colour): void {
  for (let row = Math.floor(y - radius); row <= y + radius + 1; row++)
    for (let column = Math.floor(x - radius); column <= x + radius + 1; column++) {
      const cover = Math.min(Math.max(radius + 0.5 - Math.hypot(column - x, row - y), 0), 1);
      if (cover > 0) blend(canvas, column, row, colour, 0.9 * cover);
    }
}

function blend({ width, height, data }: Raster, x: number, y: number, colour: Colour, opacity: number): void {
  if (x < 0 || y < 0 || x >= width || y >= height) return;
  const at = 3 * (y * width + x);
  for (let c = 0; c < 3; c++) data[at + c] += Math.round(opacity * (colour[c] - data[at + c]));
}
