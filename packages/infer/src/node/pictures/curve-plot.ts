import type { LineOptions, Markish } from "@observablehq/plot";
import { svgPlot, type Ground, type Plot } from "./svg-plot.ts";

/** A curve: its points from left to right. */
export type Curve = readonly (readonly [x: number, y: number])[];

/** How curves are drawn. */
export interface CurvePlotOptions {
  /** What the axes are, with their units. */
  readonly x: string;
  readonly y: string;
  /** The axes that are logarithmic; points that are not above 0 there are left out. */
  readonly log?: "x" | "y" | "both";
  /** Pixels; 640 unless told. */
  readonly width?: number;
  /** Pixels; half the width unless told. */
  readonly height?: number;
  /** Curves drawn thin and pale, without their names: what another one smooths. */
  readonly pale?: readonly string[];
  /** Whether the curves' names are far apart or steps of a scale, from the first to the last; apart unless told. */
  readonly colours?: "apart" | "scale";
  /** Marks the points too. */
  readonly dots?: boolean;
  /** `page` has no ground and takes the ink of the page that it stands in; `white` unless told. */
  readonly ground?: Ground;
}

const left = 56;
const [top, bottom] = [24, 36];
const lineHeight = 14;

/** Of like weight on white and on black, from blue to red. */
const scale = ["#4477e0", "#1f93bd", "#159f86", "#5fa339", "#b0900f", "#d57a25", "#dc5646", "#c2559f"];

/** Curves by their names, which stand at the right edge and keep clear of each other: losses, densities. As SVG. */
export function plotCurves(
  curves: Readonly<Record<string, Curve>>,
  options: CurvePlotOptions,
): Promise<string> {
  const { x, y, log, width = 640, height = Math.round(0.5 * width), ground } = options;
  const { pale = [], colours = "apart", dots = false } = options;
  const logarithmic = { x: log === "x" || log === "both", y: log === "y" || log === "both" };
  const shown = (point: readonly [number, number]): boolean =>
    point.every(Number.isFinite) && (!logarithmic.x || point[0] > 0) && (!logarithmic.y || point[1] > 0);
  const drawn = Object.entries(curves).map(([name, curve]) => ({ name, curve: curve.filter(shown) }));
  const points = drawn.flatMap(({ name, curve }) => curve.map((point) => at(name, point)));
  const axes = {
    x: axis(
      x,
      points.map((point) => point.x),
      logarithmic.x,
    ),
    y: axis(
      y,
      points.map((point) => point.y),
      logarithmic.y,
    ),
  };
  const thin = new Set(pale);
  const single = points.filter(
    ({ name }) =>
      !thin.has(name) && (dots || drawn.some((one) => one.name === name && one.curve.length === 1)),
  );
  const names = Object.keys(curves).filter((name) => !thin.has(name));
  const right = Math.max(0, ...names.map((name) => name.length));
  return svgPlot(
    (plot) => ({
      width,
      height,
      marginLeft: left,
      marginRight: Math.max(20, 12 + 7 * right),
      marginTop: top,
      marginBottom: bottom,
      x: scaleOf(axes.x),
      y: scaleOf(axes.y),
      color:
        colours === "apart"
          ? { scheme: "observable10", domain: names }
          : { domain: names, range: names.map((_, i) => ofScale(i, names.length)) },
      style: { fontSize: "12px" },
      marks: [
        plot.gridX(axes.x.marks),
        plot.gridY(axes.y.marks),
        plot.axisX(axes.x.marks, { text: tickText }),
        plot.axisY(axes.y.marks, { text: tickText }),
        ...lines(
          plot,
          points.filter(({ name }) => thin.has(name)),
          { stroke: "currentColor", strokeWidth: 0.75, strokeOpacity: 0.4 },
        ),
        ...lines(
          plot,
          points.filter(({ name }) => !thin.has(name)),
          { stroke: "name", strokeWidth: 1.5 },
        ),
        ...(single.length > 0 ? [plot.dot(single, { x: "x", y: "y", fill: "name", r: 2.5 })] : []),
        ...labels(
          plot,
          drawn.flatMap(({ name, curve }) =>
            thin.has(name) ? [] : curve.slice(-1).map((point) => at(name, point)),
          ),
          {
            heightOf: place(axes.y.domain, logarithmic.y, height - bottom, top),
            lowest: height - bottom - 4,
            edge: axes.x.domain[1],
          },
        ),
      ],
    }),
    ground,
  );
}

const lines = (plot: Plot, points: readonly Point[], options: LineOptions): Markish[] =>
  points.length > 0 ? [plot.line(points, { x: "x", y: "y", z: "name", ...options })] : [];

interface Point {
  readonly name: string;
  readonly x: number;
  readonly y: number;
}

const at = (name: string, [x, y]: readonly [number, number]): Point => ({ name, x, y });

/** An axis over its values, widened where they are all one. */
function axis(label: string, values: readonly number[], logarithmic: boolean) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
  if (low > high) [low, high] = logarithmic ? [0.1, 1] : [0, 1];
  if (low === high) {
    const margin = Math.abs(low) / 10 || 1;
    [low, high] = [low - margin, high + margin];
  }
  return {
    label,
    type: logarithmic ? "log" : "linear",
    domain: [low, high] as const,
    marks: logarithmic ? logTicks(low, high) : linearTicks(low, high),
  } as const;
}

const scaleOf = ({ label, type, domain }: ReturnType<typeof axis>) => ({ label, type, domain });

/** `20`, `5000`, `200k`, `1.5M`, `0.001`, `1e-5`. */
function tickText(value: number): string {
  const size = Math.abs(value);
  const digits = (number: number): string => String(Number(number.toPrecision(6)));
  if (size >= 1e9 || (size > 0 && size < 1e-4)) return value.toExponential().replace("e+", "e");
  if (size >= 1e6) return `${digits(value / 1e6)}M`;
  return size >= 1e5 ? `${digits(value / 1e3)}k` : digits(value);
}

/** Marks of a logarithmic axis, four to nine: powers of ten, with 2 and 5 between them where there is room, or more. */
function logTicks(low: number, high: number): readonly number[] {
  const decades = Math.log10(high / low);
  const digits =
    decades > 3 ? [1] : decades > 1.2 ? [1, 2, 5] : decades > 0.5 ? [1, 2, 3, 4, 5, 6, 8] : undefined;
  if (digits === undefined) return linearTicks(low, high);
  const every = Math.ceil(decades / 8);
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++)
    if (power % every === 0)
      ticks.push(
        ...digits.map((digit) => Number(`${digit}e${power}`)).filter((tick) => tick >= low && tick <= high),
      );
  return ticks;
}

/** Round numbers, four to eight of them. */
function linearTicks(low: number, high: number): readonly number[] {
  const rough = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((digit) => digit * power >= rough) ?? 10);
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, i) =>
    Number(((first + i) * step).toPrecision(12)),
  );
}

/** Where a value is between two ends, in pixels. */
function place([low, high]: readonly [number, number], logarithmic: boolean, from: number, to: number) {
  const scaled = logarithmic ? Math.log : (value: number): number => value;
  const span = scaled(high) - scaled(low);
  return (value: number): number => from + ((to - from) * (scaled(value) - scaled(low))) / span;
}

/** The names at the right edge, as high as their curves' ends, but moved apart where they would meet. */
function labels(plot: Plot, ends: readonly Point[], { heightOf, lowest, edge }: Places): Markish[] {
  const sorted = ends.map((end) => ({ end, wanted: heightOf(end.y) })).sort((a, b) => a.wanted - b.wanted);
  const heights: number[] = [];
  for (const { wanted } of sorted) heights.push(Math.max(wanted, (heights.at(-1) ?? -Infinity) + lineHeight));
  for (let i = heights.length - 1, limit = lowest; i >= 0 && heights[i] > limit; i--, limit -= lineHeight)
    heights[i] = limit;
  return sorted.map(({ end, wanted }, i) =>
    plot.text([{ ...end, x: edge }], {
      x: "x",
      y: "y",
      text: "name",
      fill: "name",
      textAnchor: "start",
      dx: 6,
      dy: Math.round(heights[i] - wanted),
    }),
  );
}

interface Places {
  /** Pixels from the top. */
  readonly heightOf: (y: number) => number;
  readonly lowest: number;
  /** The x of the right edge. */
  readonly edge: number;
}

const ofScale = (index: number, count: number): string =>
  scale[count > 1 ? Math.round((index * (scale.length - 1)) / (count - 1)) : 0];
