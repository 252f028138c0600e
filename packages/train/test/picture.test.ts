import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { picture } from "../src/run/picture.ts";

describe("a picture of samples", () => {
  it("shows images row by row, enlarged, with gaps", async () => {
    const values = [0.2, 0.4, 0.6];
    const samples = Float32Array.from({ length: 3 * 16 }, (_, i) => values[Math.floor(i / 16)]);
    const png = await picture(samples, [1, 4, 4], new Float32Array());
    const { data, info } = await sharp(png).greyscale().raw().toBuffer({ resolveWithObject: true });
    const scale = info.width / 14; // 2 images of 4 pixels and 3 gaps of 2
    expect([Number.isInteger(scale), info.height]).toEqual([true, info.width]);
    const at = (x: number, y: number) =>
      data[Math.floor((y + 0.5) * scale) * info.width + Math.floor((x + 0.5) * scale)];
    expect([at(0, 0), at(2, 2), at(8, 5), at(5, 8), at(8, 8)]).toEqual([40, 51, 102, 153, 40]);
  });

  it("shows colours", async () => {
    const samples = Float32Array.from({ length: 3 * 16 }, (_, i) => [1, 0.5, 0][Math.floor(i / 16)]);
    const png = await picture(samples, [3, 4, 4], new Float32Array());
    const { data, info } = await sharp(png).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    const middle = 3 * (Math.floor(info.height / 2) * info.width + Math.floor(info.width / 2));
    expect([...data.subarray(middle, middle + 3)]).toEqual([255, 128, 0]);
  });

  it("shows points over data, up being up", async () => {
    const png = await picture(Float32Array.of(1, 1), [2, 1, 1], Float32Array.of(0, 0, 1, 1, 0, 1, 1, 0));
    const { data, info } = await sharp(png).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    const blue = Array.from({ length: info.width * info.height }, (_, i) => i).filter(
      (i) => data[3 * i + 2] > data[3 * i] + 40,
    );
    const [x, y] = [blue.map((i) => i % info.width), blue.map((i) => Math.floor(i / info.width))];
    expect(Math.min(...x)).toBeGreaterThan(info.width / 2);
    expect(Math.max(...y)).toBeLessThan(info.height / 2);
    expect(blue.length).toBeGreaterThan(4);
  });
});
