import { describe, expect, it } from "vitest";
import { statistics } from "../../src/datasets/dataset.ts";
import { glyphs } from "../../src/datasets/glyphs.ts";
import { key } from "../../src/rng.ts";

const pixels = 28 * 28;

function images(seed: number, count: number): { data: Float32Array; labels: number[] } {
  const set = glyphs(key(seed));
  const data = new Float32Array(count * pixels);
  const labels = Array.from({ length: count }, (_, i) => set.read(i, data, i * pixels));
  return { data, labels };
}

describe("glyphs", () => {
  it("draws each digit equally often: chi-square with 9 degrees of freedom below its 99.9 % point, 27.88", () => {
    const { labels } = images(1, 10_000);
    const counts = Array.from({ length: 10 }, (_, digit) => labels.filter((label) => label === digit).length);
    expect(counts.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0)).toBeLessThan(27.88);
  });

  it("keeps the ink inside: the border is black, and the ink is white", () => {
    const { data } = images(2, 2000);
    for (let i = 0; i < 2000; i++) {
      const image = data.subarray(i * pixels, (i + 1) * pixels);
      const border = Array.from({ length: 28 }, (_, k) => [
        image[k],
        image[27 * 28 + k],
        image[28 * k],
        image[28 * k + 27],
      ]);
      expect(Math.max(...border.flat())).toBe(0);
      expect(Math.max(...image)).toBeGreaterThan(0.95);
    }
  });

  it("has as much ink as handwriting: mean and deviation of the pixels near MNIST's 0.131 and 0.308", () => {
    const { mean, deviation } = statistics(glyphs(key(3)));
    expect(Math.abs(mean - 0.131)).toBeLessThan(0.02);
    expect(Math.abs(deviation - 0.308)).toBeLessThan(0.02);
  });

  it("draws digits that can be told apart: the nearest of 2,000 names at least 95 % of 500 others", () => {
    const known = images(4, 2000);
    const asked = images(5, 500);
    let right = 0;
    for (let i = 0; i < 500; i++) {
      let best = Infinity;
      let label = -1;
      for (let j = 0; j < 2000; j++) {
        let distance = 0;
        for (let k = 0; k < pixels && distance < best; k++) {
          distance += (asked.data[i * pixels + k] - known.data[j * pixels + k]) ** 2;
        }
        if (distance < best) [best, label] = [distance, known.labels[j]];
      }
      if (label === asked.labels[i]) right++;
    }
    expect(right).toBeGreaterThanOrEqual(475);
  });

  it("never draws one digit twice alike", () => {
    const { data } = images(6, 500);
    const bytes = Array.from({ length: 500 }, (_, i) => data.subarray(i * pixels, (i + 1) * pixels).join());
    expect(new Set(bytes).size).toBe(500);
  });

  it("draws the same bytes on every engine and in every version", () => {
    // FNV-1a over round(255 · value) of the first 100 glyphs of key(0), by this code under Node 20 on x64.
    const { data } = images(0, 100);
    let hash = 0x811c9dc5;
    for (const value of data) hash = Math.imul(hash ^ Math.round(255 * value), 0x01000193);
    expect((hash >>> 0).toString(16)).toBe("949fb805");
    expect(data.every((value) => value === Math.fround(Math.round(255 * value) / 255))).toBe(true);
  });
});
