import type * as ObservablePlot from "@observablehq/plot";

/** Observable Plot, as a module. */
export type Plot = typeof ObservablePlot;

/** What text and axes are drawn in. */
export const ink = "#3c4048";

/** What a plot stands on: white, as a file by itself; or the page around it, whose ink it takes. */
export type Ground = "white" | "page";

/**
 * A plot as the text of an SVG file, the same text for the same plot in every process. Plot draws by the DOM, which Node
 * lacks: linkedom's is enough for it. Both are imported when the first plot is drawn, not before.
 */
export async function svgPlot(
  options: (plot: Plot) => ObservablePlot.PlotOptions,
  ground: Ground = "white",
): Promise<string> {
  const [plot, { parseHTML }] = await Promise.all([import("@observablehq/plot"), import("linkedom")]);
  const { document } = parseHTML("<!doctype html><html><body></body></html>");
  return asFile(plot.plot({ ...options(plot), document }).outerHTML, ground);
}

/** An SVG file's text as PNG. The text in it needs a font on this machine. */
export async function svgToPng(svg: string, scale = 1): Promise<Uint8Array> {
  const { default: sharp } = await import("sharp");
  return sharp(Buffer.from(svg), { density: 72 * scale })
    .removeAlpha()
    .png({ compressionLevel: 9, palette: true })
    .toBuffer();
}

/** An element of a page as a file: with its namespace, on its ground, without digits that nobody sees, numbered anew. */
function asFile(element: string, ground: Ground): string {
  const seen = new Map<string, number>();
  const grounded =
    ground === "page"
      ? element.replace("<svg ", `<svg xmlns="http://www.w3.org/2000/svg" `)
      : element
          .replace("<svg ", `<svg xmlns="http://www.w3.org/2000/svg" color="${ink}" `)
          .replace("</style>", `</style><rect width="100%" height="100%" fill="white"/>`);
  return grounded
    .replace(/\b(d|r|cx|cy|transform)="[^"]*"/g, (attribute) =>
      attribute.replace(/-?\d+\.\d+(e-?\d+)?/g, (digits) => String(Math.round(10 * Number(digits)) / 10)),
    )
    .replace(/plot-clip-\d+/g, (id) => {
      if (!seen.has(id)) seen.set(id, seen.size + 1);
      return `clip-${seen.get(id)}`; // Plot counts on from plot to plot
    });
}
