import { describe, expect, it } from "vitest";
import { pictureOf, Recording, type Kept } from "../../src/element/recording.ts";

const moment = (index: number): Kept => ({
  index,
  total: 1000,
  sigma: 1,
  evaluations: index,
  picture: { shape: [1, 1, 2, 2], data: new Uint8Array(4) },
});

describe("a recording", () => {
  it.each([3, 8, 20, 64, 1000])(
    "of 1,000 steps holds at most %i, evenly spread, the ends among them",
    (room) => {
      const recording = new Recording(4 * room);
      for (let index = 0; index < 1000; index++) {
        recording.add(moment(index));
        expect(recording.length).toBeLessThanOrEqual(Math.max(room, 2));
        expect(recording.last?.index).toBe(index);
        expect(recording.at(0)?.index).toBe(0);
      }
      const kept: number[] = [];
      for (let at = recording.at(0); at !== undefined; at = recording.after(at.index)) kept.push(at.index);
      const gaps = kept.slice(1, -1).map((index, i) => index - kept[i]);
      expect(new Set(gaps).size).toBeLessThanOrEqual(1);
      expect(kept.length).toBeGreaterThanOrEqual(Math.min(room, 1000) / 2);
    },
  );

  it("finds what was to be seen at a step", () => {
    const recording = new Recording();
    for (const index of [0, 4, 9]) recording.add(moment(index));
    expect([0, 3, 4, 8, 9, 100, -1].map((index) => recording.at(index)?.index)).toEqual([
      0, 0, 4, 4, 9, 9, 0,
    ]);
    expect([0, 4, 9].map((index) => recording.after(index)?.index)).toEqual([4, 9, undefined]);
  });
});

describe("a picture", () => {
  it("is a byte for each pixel of an image", () => {
    const { data } = pictureOf({ shape: [1, 1, 1, 4], data: Float32Array.of(0, 0.5, 0.999, 1) });
    expect(data).toEqual(Uint8Array.of(0, 128, 255, 255));
  });

  it("is as it was of points", () => {
    const data = Float32Array.of(-1.5, 2.25);
    expect(pictureOf({ shape: [1, 2, 1, 1], data }).data).toEqual(data);
  });
});
