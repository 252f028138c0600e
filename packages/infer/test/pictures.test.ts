import sharp from "sharp";
import { describe, expect, it } from "vitest";
import type { Images } from "@ncsn/infer";
import { animatedGif } from "../src/node/pictures/animated-gif.ts";
import { halfBlocks } from "../src/node/pictures/half-blocks.ts";
import { imageGrid, oneImage } from "../src/node/pictures/image-grid.ts";
import { npy } from "../src/node/pictures/npy.ts";
import { png } from "../src/node/pictures/png.ts";
import { magnify, type Raster } from "../src/node/pictures/raster.ts";
import { scatterPlot, viewOf } from "../src/node/pictures/scatter-plot.ts";

const images = (count: number, channels: number, height: number, width: number): Images => {
  const length = count * channels * height * width;
  return {
    shape: [count, channels, height, width],
    data: Float32Array.from({ length }, (_, i) => i / (length - 1)),
  };
};
const grey = (raster: Raster, x: number, y: number): number => raster.data[y * raster.width + x];

describe("a grid", () => {
  it("lays images out row by row, with a gap around each", () => {
    const grid = imageGrid(images(5, 1, 2, 3), { gap: 1 });
    expect([grid.width, grid.height, grid.channels]).toEqual([3 * 4 + 1, 2 * 3 + 1, 1]);
    expect([grey(grid, 0, 0), grey(grid, 1, 1), grey(grid, 4, 1)]).toEqual([40, 0, 40]);
    expect([grey(grid, 5, 4), grey(grid, 7, 5)]).toEqual([Math.round((255 * 24) / 29), 255]);
    expect(grey(grid, 9, 4)).toBe(40);
  });

  it.each([
    [1, 1],
    [5, 3],
    [6, 3],
    [16, 4],
    [32, 8],
    [37, 7],
  ])("of %i images has %i columns", (count, columns) => {
    expect(imageGrid(images(count, 1, 1, 1), { gap: 0 }).width).toBe(columns);
  });

  it("takes columns, as many as there are images", () => {
    expect(imageGrid(images(3, 1, 2, 2), { columns: 8, gap: 0 })).toMatchObject({ width: 6, height: 2 });
    expect(imageGrid(images(3, 1, 2, 2), { columns: 1, gap: 0 })).toMatchObject({ width: 2, height: 6 });
  });

  it("shows three channels in colour", () => {
    const one = oneImage(images(2, 3, 1, 2), 1);
    expect(one).toMatchObject({ width: 2, height: 1, channels: 3 });
    expect([...one.data]).toEqual([6, 8, 10, 7, 9, 11].map((i) => Math.round((255 * i) / 11)));
  });

  it("magnifies to crisp squares", () => {
    const { width, height, data } = magnify(
      { width: 2, height: 1, channels: 3, data: Uint8Array.of(1, 2, 3, 4, 5, 6) },
      2,
    );
    expect([width, height]).toEqual([4, 2]);
    expect([...data]).toEqual([1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6, 1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6]);
  });
});

describe("files", () => {
  it("png gives back its pixels", async () => {
    const raster = imageGrid(images(4, 3, 3, 5));
    const { data, info } = await sharp(await png(raster))
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect(info).toMatchObject({ width: raster.width, height: raster.height, channels: 3 });
    expect(new Uint8Array(data)).toEqual(raster.data);
  });

  it("npy is a NumPy 1.0 array", () => {
    const some = images(2, 1, 2, 3);
    const bytes = Buffer.from(npy(some).buffer);
    expect([...bytes.subarray(0, 8)]).toEqual([0x93, 78, 85, 77, 80, 89, 1, 0]);
    const end = 10 + bytes.readUInt16LE(8);
    expect(end % 64).toBe(0);
    expect(bytes.toString("latin1", 10, end)).toMatch(
      /^{'descr': '<f4', 'fortran_order': False, 'shape': \(2, 1, 2, 3\), } *\n$/,
    );
    expect(new Float32Array(bytes.buffer.slice(end))).toEqual(some.data);
  });

  it("gif keeps every grey level and the time of every frame", async () => {
    const frames = [0, 1, 2].map((i) => ({
      raster: {
        width: 16,
        height: 16,
        channels: 1,
        data: Uint8Array.from({ length: 256 }, (_, level) => (level + 40 * i) % 256),
      } as const,
      delay: 50 + 10 * i,
    }));
    const picture = sharp(animatedGif(frames), { animated: true });
    const { pages, delay, loop } = await picture.metadata();
    expect({ pages, delay, loop }).toEqual({ pages: 3, delay: [50, 60, 70], loop: 0 });
    const { data, info } = await picture.raw().toBuffer({ resolveWithObject: true });
    const red = data.filter((_, i) => i % info.channels === 0);
    expect(new Uint8Array(red)).toEqual(Uint8Array.from(frames.flatMap(({ raster }) => [...raster.data])));
  });

  it("gif comes near to colours", async () => {
    const raster = imageGrid(images(1, 3, 8, 8), { gap: 0 });
    const { data, info } = await sharp(animatedGif([{ raster, delay: 100 }]))
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect(info.channels).toBe(3);
    raster.data.forEach((level, i) => expect(Math.abs(level - data[i])).toBeLessThan(16));
  });
});

describe("a terminal", () => {
  it("shows two rows of pixels in a line, in 24-bit colours", async () => {
    const raster: Raster = { width: 2, height: 2, channels: 1, data: Uint8Array.of(10, 20, 30, 40) };
    expect(await halfBlocks(raster, 80)).toBe(
      "\u001b[38;2;10;10;10;48;2;30;30;30m▀\u001b[38;2;20;20;20;48;2;40;40;40m▀\u001b[0m",
    );
  });

  it("scales down what is too wide", async () => {
    const text = await halfBlocks(imageGrid(images(9, 3, 20, 20)), 30);
    for (const line of text.split("\n")) expect(line.match(/▀/g)).toHaveLength(30);
  });
});

describe("a scatter plot", () => {
  const ring = Float32Array.from(
    { length: 2000 },
    (_, i) => 3 * (i % 2 === 0 ? Math.cos(i) : Math.sin(i - 1)),
  );

  it("shows all of the points, darker where they are dense", () => {
    const { centre, reach } = viewOf(ring);
    centre.forEach((value) => expect(value).toBeCloseTo(0, 1));
    expect(reach).toBeGreaterThan(3);
    const { width, data } = scatterPlot(ring);
    const dark = (x: number, y: number) =>
      Math.min(...[0, 1, 2].map((c) => data[3 * (y * width + x) + c])) < 200;
    const columns = Array.from({ length: 500 }, (_, i) => 70 + i);
    expect(columns.filter((x) => dark(x, 308)).length).toBeLessThan(60); // the ring is cut twice
    expect(columns.filter((x) => dark(x, 308)).length).toBeGreaterThan(2);
  });

  it("is drawn for one point and for none that is finite", () => {
    expect(scatterPlot(Float32Array.of(1, 2)).width).toBe(640);
    expect(scatterPlot(Float32Array.of(NaN, Infinity)).width).toBe(640);
  });
});
