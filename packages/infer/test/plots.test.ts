/** What a plot shows, read back from the SVG: where Plot put things, in the data's units. */
import { gridOver, plotCurves, plotField, plotPlane, plotTrajectories, svgToPng } from "@ncsn/infer/node";
import sharp from "sharp";
import { describe, expect, it } from "vitest";

const view = { centre: [0, 0], reach: 10 } as const;
/** The attributes of every element of a name, in the order in which they are drawn. */
const elements = (svg: string, name: string): Readonly<Record<string, string>>[] =>
  [...svg.matchAll(new RegExp(`<${name} ([^>]*)>`, "g"))].map(([, attributes]) =>
    Object.fromEntries([...attributes.matchAll(/([a-z]+)="([^"]*)"/g)].map(([, key, value]) => [key, value])),
  );
const circles = (svg: string) => elements(svg, "circle").map(({ cx, cy }) => [Number(cx), Number(cy)]);
/** The corners of every path through so many of them. */
const lines = (svg: string, corners: number) =>
  elements(svg, "path")
    .map(({ d }) =>
      d
        .slice(1)
        .split("L")
        .map((pair) => pair.split(",").map(Number)),
    )
    .filter((line) => line.length === corners);

describe("a plot of the plane", () => {
  it("shows points on equal axes, up being up, and leaves out what is not in view", async () => {
    const svg = await plotPlane({ samples: Float32Array.of(0, 0, 5, 0, 0, 5, 11, 0, NaN, 0) }, { view });
    const [origin, right, up, ...others] = circles(svg);
    expect(others).toEqual([]);
    expect(right[0] - origin[0]).toBeGreaterThan(100);
    expect(right[1]).toBe(origin[1]);
    expect(up[0]).toBe(origin[0]);
    expect((origin[1] - up[1]) / (right[0] - origin[0])).toBeCloseTo(1, 2); // a plot has whole pixels
  });

  it("turns arrows along their vectors, and draws longer ones longer", async () => {
    const at = Float32Array.of(-5, 0, 5, 0, 0, 5);
    const svg = await plotField({ at, vectors: [0, 1, 2, 0, -4, -4] }, { view });
    const arrows = elements(svg, "path").filter(({ d }) => d.split("M").length === 3); // a shaft and a head
    const turns = arrows.map(({ transform }) => Number(/rotate\(([^)]+)\)/.exec(transform)?.[1] ?? 0));
    expect(turns).toEqual([0, 90, -135]); // clockwise from up
    const lengths = arrows.map(({ d }) => Number(/L0,-([\d.]+)/.exec(d)?.[1]));
    expect(lengths[1] / lengths[0]).toBeCloseTo(1 / 2 / (1 / 3), 1); // s/(s + median), the median 2
    expect(lengths[2]).toBeGreaterThan(lengths[1]);
  });

  it("draws a line a point through the moments, and where it ends", async () => {
    const moments = [Float32Array.of(0, 0, 9, 9), Float32Array.of(1, 0, 8, 8), Float32Array.of(1, 1, 7, 7)];
    const svg = await plotTrajectories(moments, { view });
    const paths = lines(svg, 3);
    expect(paths).toHaveLength(2);
    expect(circles(svg)).toEqual(paths.map((path) => path[2]));
  });

  it("puts panels side by side, named", async () => {
    const samples = Float32Array.of(0, 0);
    const svg = await plotPlane(
      [
        { title: "left", samples },
        { title: "right", data: samples },
      ],
      { view },
    );
    expect(svg).toContain(">left</text>");
    expect(svg).toContain(">right</text>");
    expect(circles(svg)).toHaveLength(2);
  });

  it("is the same text each time, a file by itself", async () => {
    const draw = () => plotTrajectories([Float32Array.of(0, 0), Float32Array.of(1, 1)], { view });
    const svg = await draw();
    expect(await draw()).toBe(svg);
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"/);
  });

  it("has a PNG of its size", async () => {
    const png = await svgToPng(await plotPlane({ samples: Float32Array.of(1, 2) }), 2);
    expect(await sharp(png).metadata()).toMatchObject({ format: "png", width: 1280 });
  });
});

it("a grid is in the middle of its cells", () => {
  expect([...gridOver({ centre: [1, 0], reach: 2 }, 2)]).toEqual([0, -1, 2, -1, 0, 1, 2, 1]);
});

it("curves go from left to right, each with its name", async () => {
  const svg = await plotCurves(
    {
      loss: [
        [1, 1],
        [2, 0.1],
        [3, 0.01],
      ],
    },
    { x: "step", y: "loss", log: "y" },
  );
  const [points] = lines(svg, 3);
  expect(points[1][0] - points[0][0]).toBeCloseTo(points[2][0] - points[1][0], 0);
  expect(points[1][1] - points[0][1]).toBeCloseTo(points[2][1] - points[1][1], 0); // a decade each
  expect(svg).toContain(">loss</text>");
});

describe("a plot of curves", () => {
  const texts = (svg: string) => [...svg.matchAll(/>([^<>]+)<\/text>/g)].map(([, text]) => text);
  const axes = { x: "step", y: "loss" };
  /** Where a name stands, from the top: its group's and its own shift, and its place. */
  const heightOf = (svg: string, name: string) =>
    [
      ...(new RegExp(
        `<g [^>]*transform="translate\\(([^)]+)\\)"[^>]*><text[^>]*transform="translate\\(([^)]+)\\)"[^>]*>${name}<`,
      ).exec(svg) ?? []),
    ]
      .slice(1)
      .reduce((sum, shift) => sum + Number(shift.split(",")[1]), 0);

  it("keeps the names of curves that end together apart, in their order, and inside", async () => {
    const names = ["a", "b", "c", "d", "e"];
    const curves = Object.fromEntries(names.map((name, i) => [name, [[0, i], [1, 0.01 * i]] as const])); // prettier-ignore
    const svg = await plotCurves(curves, { ...axes, width: 480, height: 240 });
    const heights = ["e", "d", "c", "b", "a"].map((name) => heightOf(svg, name)); // e ends highest
    for (let i = 1; i < heights.length; i++) expect(heights[i] - heights[i - 1]).toBeGreaterThanOrEqual(13);
    expect(heights.at(-1)).toBeLessThan(240 - 36);
  });

  it("draws what another curve smooths pale and without its name, and single points", async () => {
    const svg = await plotCurves(
      { each: [[0, 1], [1, 3], [2, 1]], mean: [[0, 2], [1, 2], [2, 2]], last: [[2, 1]] },
      { ...axes, pale: ["each"] },
    ); // prettier-ignore
    expect(texts(svg)).not.toContain("each");
    expect(texts(svg)).toEqual(expect.arrayContaining(["mean", "last"]));
    expect(lines(svg, 3)).toHaveLength(2);
    expect(circles(svg)).toHaveLength(1);
  });

  it.each([
    [
      [0.79, 1.01],
      ["0.8", "0.85", "0.9", "0.95", "1"],
    ],
    [
      [0.3, 9],
      ["0.5", "1", "2", "5"],
    ],
    [
      [1e-6, 3],
      ["1e-6", "1e-5", "0.0001", "0.001", "0.01", "0.1", "1"],
    ],
    [
      [1, 1e12],
      ["1", "100", "10000", "1M", "100M", "1e10", "1e12"],
    ],
  ] as const)("names every mark of a logarithmic axis over %j", async ([low, high], marks) => {
    const svg = await plotCurves({ "": [[0, low], [1, high]] }, { ...axes, log: "y" }); // prettier-ignore
    expect(texts(svg).filter((text) => marks.some((mark) => mark === text))).toEqual(expect.arrayContaining([...marks])); // prettier-ignore
  });

  it("is drawn of nothing, of one value, and of what no logarithm has", async () => {
    for (const curve of [
      [],
      [[5, 7]],
      [
        [0, 0],
        [1, -1],
        [2, NaN],
      ],
    ] as const)
      // prettier-ignore
      for (const log of [undefined, "both"] as const)
        expect(await plotCurves({ curve }, { ...axes, ...(log && { log }) })).not.toMatch(/NaN|Infinity/);
  });

  it("takes a page's ink, or stands on white", async () => {
    const draw = (ground?: "page") => plotCurves({ a: [[0, 1], [1, 2]] }, { ...axes, ...(ground && { ground }) }); // prettier-ignore
    expect(await draw()).toMatch(/color="#3c4048".*<rect width="100%" height="100%" fill="white"/s);
    expect(await draw("page")).not.toMatch(/color="#3c4048"|fill="white"/);
  });
});
