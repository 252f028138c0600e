import { svgPlot } from "./svg-plot.ts";

/** How curves are drawn. */
export interface CurvePlotOptions {
  /** What the axes are. */
  readonly x: string;
  readonly y: string;
  /** The axes that are logarithmic. */
  readonly log?: "x" | "y" | "both";
  /** Pixels; 640 unless told. */
  readonly width?: number;
}

/** Curves by their names, each its points from left to right: losses, densities. As SVG. */
export function plotCurves(
  curves: Readonly<Record<string, readonly (readonly [x: number, y: number])[]>>,
  { x, y, log, width = 640 }: CurvePlotOptions,
): Promise<string> {
  const points = Object.entries(curves).flatMap(([name, curve]) =>
    curve.map((point) => ({ name, x: point[0], y: point[1] })),
  );
  const ends = Object.entries(curves).flatMap(([name, curve]) =>
    curve.slice(-1).map((point) => ({ name, x: point[0], y: point[1] })),
  );
  const axis = (name: "x" | "y", label: string) =>
    ({
      label,
      grid: true,
      tickFormat: "~r",
      type: log === name || log === "both" ? "log" : "linear",
    }) as const;
  return svgPlot((plot) => ({
    width,
    height: Math.round(0.5 * width),
    marginLeft: 56,
    marginRight: 110,
    x: axis("x", x),
    y: axis("y", y),
    color: { scheme: "observable10" },
    style: { fontSize: "12px" },
    marks: [
      plot.line(points, { x: "x", y: "y", stroke: "name", strokeWidth: 1.5 }),
      plot.text(ends, { x: "x", y: "y", text: "name", fill: "name", textAnchor: "start", dx: 6 }),
    ],
  }));
}
