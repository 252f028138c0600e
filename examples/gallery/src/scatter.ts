/** Points of the plane on a square canvas, for models whose pictures have two pixels. */
import { css, palette } from "./palette.ts";

/** What a square shows: its middle, and half its side. */
export interface Square {
  readonly centre: readonly [x: number, y: number];
  readonly reach: number;
}

/** The square that points, two numbers each, lie in. */
export function squareAround(points: Float32Array): Square {
  const [xs, ys] = [0, 1].map((axis) => points.filter((_, i) => i % 2 === axis).sort());
  const [left, right, low, high] = [xs[0], xs[xs.length - 1], ys[0], ys[ys.length - 1]];
  const reach = 0.55 * Math.max(right - left, high - low, 1e-6);
  return { centre: [(left + right) / 2, (low + high) / 2], reach };
}

/** Paints points part of the way from one place to another. */
export function paintPoints(
  canvas: HTMLCanvasElement,
  { centre, reach }: Square,
  from: Float32Array,
  to: Float32Array,
  part: number,
): void {
  const context = canvas.getContext("2d");
  const side = Math.round(canvas.clientWidth * devicePixelRatio);
  if (context === null || side === 0) return;
  if (canvas.width !== side || canvas.height !== side) canvas.width = canvas.height = side;
  else context.clearRect(0, 0, side, side);
  const unit = side / (2 * reach);
  const radius = Math.max(1.5, side / 300);
  context.fillStyle = css(palette().ink, 0.8);
  context.beginPath();
  for (let i = 0; i < from.length; i += 2) {
    const x = (from[i] + (to[i] - from[i]) * part - centre[0] + reach) * unit;
    const y = (centre[1] + reach - from[i + 1] - (to[i + 1] - from[i + 1]) * part) * unit;
    context.moveTo(x + radius, y);
    context.arc(x, y, radius, 0, 2 * Math.PI);
  }
  context.fill();
}
