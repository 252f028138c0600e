/** Plots of the plane: points, the score as arrows, and the paths of samples through a sampler. */
import type { Markish } from "@observablehq/plot";
import { viewOf, type View } from "./scatter-plot.ts";
import { svgPlot, type Ground, type Plot } from "./svg-plot.ts";

/** A vector at each of some points; x and y of one after the other. */
export interface Field {
  readonly at: Float32Array;
  readonly vectors: ArrayLike<number>;
}

/** What a panel shows, from the bottom up. Points are x and y of one after the other. */
export interface Panel {
  /** Above the panel; each panel its own. */
  readonly title?: string;
  /** Grey points: what the samples should look like. */
  readonly data?: Float32Array;
  /** Arrows along the vectors: the longer the stronger, up to the distance to the next. */
  readonly field?: Field;
  /** The same points in one moment after the other: a line a point. */
  readonly paths?: readonly Float32Array[];
  /** Blue points. */
  readonly samples?: Float32Array;
}

/** How the plane is drawn. */
export interface PlanePlotOptions {
  /** The part of the plane in every panel; unless told the square that holds all points, or all arrows. */
  readonly view?: View;
  /** Pixels; 640, or 300 a panel of several, unless told. */
  readonly width?: number;
  /** `page` has no ground and takes the ink of the page that it stands in; `white` unless told. */
  readonly ground?: Ground;
}

/** Colours on white, and on a page that may be dark. */
const inks = {
  white: { frame: "#c8ccd2", data: "#9aa0a6", arrows: "#5f6b7a", samples: "#1f5fd0" },
  page: { frame: "#8a909a66", data: "#8f959d", arrows: "currentColor", samples: "#3f7fe6" },
} as const satisfies Record<Ground, object>;

/** Points, as SVG. */
export const plotSamples = (samples: Float32Array, options?: PlanePlotOptions): Promise<string> =>
  plotPlane({ samples }, options);

/** Vectors as arrows, as SVG; {@link gridOver} makes points to ask for them. */
export const plotField = (field: Field, options?: PlanePlotOptions): Promise<string> =>
  plotPlane({ field }, options);

/** The paths of points and where they end, as SVG. @param moments all points, moment after moment */
export const plotTrajectories = (
  moments: readonly Float32Array[],
  options?: PlanePlotOptions,
): Promise<string> => plotPlane({ paths: moments, samples: moments.at(-1) }, options);

/** Panels side by side on equal axes, as SVG. */
export async function plotPlane(
  panels: Panel | readonly Panel[],
  options: PlanePlotOptions = {},
): Promise<string> {
  const all = "length" in panels ? panels : [panels];
  const view = options.view ?? viewOf(shownBy(all));
  const several = all.length > 1;
  const titled = all.some(({ title }) => title !== undefined);
  const width = options.width ?? (several ? 300 * all.length + 56 : 640);
  const [x, y] = view.centre.map((centre) => ({
    domain: [centre - view.reach, centre + view.reach] as const,
    grid: true,
    label: null,
    ticks: several ? 4 : 8,
    tickSize: 3,
  }));
  const side = (width - 56) / all.length;
  const { ground = "white" } = options;
  const colours = inks[ground];
  return svgPlot(
    (plot) => ({
      width,
      aspectRatio: 1,
      margin: 16,
      marginLeft: 40,
      marginBottom: 28,
      marginTop: titled ? 28 : 16,
      x,
      y,
      length: { type: "identity" },
      fx: { axis: titled ? "top" : null, label: null, padding: several ? 0.06 : 0, domain: all.map(nameOf) },
      style: { fontSize: "12px" },
      marks: [
        plot.frame({ stroke: colours.frame }),
        ...all.flatMap((panel, i) => layers(plot, panel, nameOf(panel, i), view, side, colours)),
      ],
    }),
    ground,
  );
}

/** Points on a square grid over a view, in the middle of its cells. @param cells a side */
export function gridOver({ centre, reach }: View, cells = 20): Float32Array {
  const at = new Float32Array(2 * cells * cells);
  for (let i = 0; i < cells * cells; i++) {
    at[2 * i] = centre[0] + reach * ((2 * (i % cells) + 1) / cells - 1);
    at[2 * i + 1] = centre[1] + reach * ((2 * Math.floor(i / cells) + 1) / cells - 1);
  }
  return at;
}

const nameOf = ({ title }: Panel, index: number): string => title ?? " ".repeat(index + 1);

/** What the view has to hold: samples and data, or where there are none, the arrows or the paths. */
function shownBy(panels: readonly Panel[]): Float32Array {
  const some = (part: (panel: Panel) => Float32Array | undefined): number[] =>
    panels.flatMap((panel) => [...(part(panel) ?? [])]);
  const points = [...some(({ samples }) => samples), ...some(({ data }) => data)];
  if (points.length > 0) return Float32Array.from(points);
  const field = some(({ field }) => field?.at);
  return Float32Array.from(field.length > 0 ? field : some(({ paths }) => paths?.at(-1)));
}

interface Place {
  readonly x: number;
  readonly y: number;
  readonly fx: string;
}

function layers(
  plot: Plot,
  panel: Panel,
  fx: string,
  view: View,
  side: number,
  colours: (typeof inks)[Ground],
): Markish[] {
  const { data, field, paths, samples } = panel;
  const at = { x: "x", y: "y", fx: "fx" } as const;
  const inside = ({ x, y }: Place): boolean =>
    Math.abs(x - view.centre[0]) <= view.reach && Math.abs(y - view.centre[1]) <= view.reach;
  const dots = (points: Float32Array, fill: string, fillOpacity: number): Markish => {
    const shown = placesOf(points, fx).filter(inside);
    const r = Math.min(3.5, Math.max(1, (side / 10) * shown.length ** -0.5));
    return plot.dot(shown, { ...at, r, fill, fillOpacity });
  };
  return [
    ...(data ? [dots(data, colours.data, 0.55)] : []),
    ...(field ? [arrows(plot, field, fx, view, side, colours.arrows)] : []),
    ...(paths
      ? [
          plot.line(
            paths.flatMap((moment) => placesOf(moment, fx).map((place, z) => ({ ...place, z }))),
            { ...at, z: "z", stroke: "#d2691e", strokeWidth: 1, strokeOpacity: 0.7, clip: true },
          ),
        ]
      : []),
    ...(samples ? [dots(samples, colours.samples, 0.6)] : []),
  ];
}

/** Half of the median length is drawn as a third of a cell, twice it as two thirds. */
function arrows(
  plot: Plot,
  { at, vectors }: Field,
  fx: string,
  view: View,
  side: number,
  stroke: string,
): Markish {
  const places = placesOf(at, fx);
  const sizes = places.map((_, i) => Math.hypot(vectors[2 * i], vectors[2 * i + 1]));
  const median = [...sizes].sort((a, b) => a - b)[Math.floor(sizes.length / 2)] || 1;
  const spacing = places.length > 1 ? Math.abs(places[1].x - places[0].x) : view.reach;
  const cell = (side * spacing) / (2 * view.reach); // pixels
  return plot.vector(
    places.map((place, i) => ({
      ...place,
      length: (cell * sizes[i]) / (sizes[i] + median),
      rotate: (Math.atan2(vectors[2 * i], vectors[2 * i + 1]) * 180) / Math.PI, // clockwise from up
    })),
    { x: "x", y: "y", fx: "fx", length: "length", rotate: "rotate", stroke, strokeWidth: 1 },
  );
}

const placesOf = (points: Float32Array, fx: string): Place[] =>
  Array.from({ length: points.length / 2 }, (_, i) => ({ x: points[2 * i], y: points[2 * i + 1], fx }));
