/** Draws the plane: the score as arrows, data with noise as a cloud, samples with the way they came. */
import { css, palette } from "./palette.ts";
import type { PlanePoints } from "./plane-data.ts";

/** Arrows on a square lattice. */
export interface Arrows {
  /** Lattice points per side. */
  readonly side: number;
  /** Feet of the arrows, two numbers each, data units. */
  readonly at: Float64Array;
  /** σ·score: minus the noise to expect there, in its own standard deviations. */
  readonly by: Float64Array;
}

/** The lattice over what is shown of the data. */
export function latticeOf({ centre, reach }: PlanePoints, side: number): Float64Array {
  const cell = (2 * reach) / side;
  return Float64Array.from({ length: 2 * side * side }, (_, i) => {
    const place = i % 2 === 0 ? (i >> 1) % side : Math.floor((i >> 1) / side);
    return centre[i % 2] - reach + (place + 0.5) * cell;
  });
}

/** What there is to see. */
export interface Scene {
  readonly data: PlanePoints;
  /** The noise that the data are shown with. */
  readonly sigma: number;
  /** How much ink the data have, 0 to 1. */
  readonly ink: number;
  readonly arrows: Arrows;
  /** States of the samples, the newest last; empty where none are on their way. */
  readonly trail: readonly Float32Array[];
  /** How far the samples are from the last state but one to the last. */
  readonly part: number;
}

/** Paints a scene on a square canvas. */
export function paintPlane(canvas: HTMLCanvasElement, scene: Scene): void {
  const context = canvas.getContext("2d");
  const side = Math.round(canvas.clientWidth * devicePixelRatio);
  if (context === null || side === 0) return;
  if (canvas.width !== side) canvas.width = canvas.height = side;
  const { ink, warm } = palette();
  const { centre, reach } = scene.data;
  const unit = side / (2 * reach);
  const toX = (x: number) => (x - centre[0] + reach) * unit;
  const toY = (y: number) => (centre[1] + reach - y) * unit;
  context.clearRect(0, 0, side, side);
  paintCloud();
  paintArrows();
  if (scene.trail.length > 0) paintSamples();

  function paintCloud() {
    if (context === null) return;
    const { points, noise } = scene.data;
    const size = Math.max(2, side / 260);
    context.fillStyle = css(ink, scene.ink);
    for (let i = 0; i < points.length; i += 2) {
      const x = toX(points[i] + scene.sigma * noise[i]);
      const y = toY(points[i + 1] + scene.sigma * noise[i + 1]);
      context.fillRect(x - size / 2, y - size / 2, size, size);
    }
  }

  function paintArrows() {
    if (context === null) return;
    const { at, by, side: count } = scene.arrows;
    const cell = side / count;
    context.lineWidth = Math.max(1, side / 700);
    context.lineCap = "round";
    context.strokeStyle = css(ink, 0.75);
    context.beginPath();
    for (let i = 0; i < at.length; i += 2) {
      const length = Math.hypot(by[i], by[i + 1]);
      // Half a cell at one standard deviation, and never more than a cell.
      const shown = (0.9 * cell * length) / (length + 0.8);
      if (shown < 1) continue;
      const [ux, uy] = [by[i] / length, -by[i + 1] / length];
      const [x, y] = [toX(at[i]) - (ux * shown) / 2, toY(at[i + 1]) - (uy * shown) / 2];
      const [tipX, tipY] = [x + ux * shown, y + uy * shown];
      const head = 0.34 * shown;
      context.moveTo(x, y);
      context.lineTo(tipX, tipY);
      context.moveTo(tipX - head * (ux + 0.55 * uy), tipY - head * (uy - 0.55 * ux));
      context.lineTo(tipX, tipY);
      context.lineTo(tipX - head * (ux - 0.55 * uy), tipY - head * (uy + 0.55 * ux));
    }
    context.stroke();
  }

  function paintSamples() {
    if (context === null) return;
    const { trail, part } = scene;
    const last = trail[trail.length - 1];
    const before = trail[trail.length - 2] ?? last;
    const now = (i: number) => before[i] + (last[i] - before[i]) * part;
    context.lineWidth = Math.max(1, side / 600);
    for (let age = trail.length - 2; age >= 1; age--) {
      context.strokeStyle = css(warm, 0.7 * (age / trail.length) ** 2);
      context.beginPath();
      const [from, to] = [trail[age - 1], trail[age]];
      for (let i = 0; i < from.length; i += 2) {
        context.moveTo(toX(from[i]), toY(from[i + 1]));
        context.lineTo(toX(to[i]), toY(to[i + 1]));
      }
      context.stroke();
    }
    context.strokeStyle = css(warm, 0.5);
    context.beginPath();
    for (let i = 0; i < last.length; i += 2) {
      context.moveTo(toX(before[i]), toY(before[i + 1]));
      context.lineTo(toX(now(i)), toY(now(i + 1)));
    }
    context.stroke();
    context.fillStyle = css(warm);
    const radius = Math.max(1.6, side / 260);
    context.beginPath();
    for (let i = 0; i < last.length; i += 2) {
      const [x, y] = [toX(now(i)), toY(now(i + 1))];
      context.moveTo(x + radius, y);
      context.arc(x, y, radius, 0, 2 * Math.PI);
    }
    context.fill();
  }
}
