import { key, uniforms, type Dataset } from "@ncsn/core";
import { expect, test } from "vitest";
import { labelledBatches } from "../../src/judge/labelled-batches.ts";

const [channels, height, width] = [2, 5, 4];
const dimension = channels * height * width;

/** Item i has the class i and positive pixels of its own. */
const dataset: Dataset = {
  name: "numbered",
  shape: [channels, height, width],
  size: 7,
  pixels: true,
  read(index, out, offset) {
    out.set(
      uniforms(key(index), dimension).map((u) => u + 0.1),
      offset,
    );
    return index;
  },
};
const item = (index: number): Float32Array => {
  const image = new Float32Array(dimension);
  dataset.read(index, image, 0);
  return image;
};

/** The image moved by a number of rows and columns, by the definition. */
const moved = (image: Float32Array, down: number, right: number): number[] =>
  Array.from(image, (_, i) => {
    const [row, column] = [(Math.floor(i / width) % height) - down, (i % width) - right];
    const inside = row >= 0 && row < height && column >= 0 && column < width;
    return inside ? image[i - down * width - right] : 0;
  });

test("an epoch has every item once, with its class", () => {
  const batchAt = labelledBatches({ dataset, batch: 3, seed: 1, shift: 0 });
  const seen = [0, 1, 2].flatMap((step) => {
    const { x, label } = batchAt(step);
    [...label].forEach((index, i) =>
      expect(x.slice(i * dimension, (i + 1) * dimension)).toEqual(item(index)),
    );
    return [...label];
  });
  expect(seen.slice(0, 7).toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6]);
});

test("images are moved by up to so many pixels, zeros coming in, every way at some time", () => {
  const batchAt = labelledBatches({ dataset, batch: 200, seed: 1, shift: 2 });
  const { x, label } = batchAt(0);
  const ways = Array.from({ length: 25 }, (_, i) => [Math.floor(i / 5) - 2, (i % 5) - 2] as const);
  const found = [...label].map((index, i) => {
    const image = [...x.subarray(i * dimension, (i + 1) * dimension)];
    return ways.findIndex(([down, right]) => String(moved(item(index), down, right)) === String(image));
  });
  expect(new Set(found)).toEqual(new Set(ways.keys())); // and no −1, an image that is none of these
});

test("a batch depends on the seed and the step alone", () => {
  const make = (seed: number) => labelledBatches({ dataset, batch: 20, seed, shift: 1 });
  const fifth = make(1)(5);
  const other = make(1);
  other(0);
  expect(other(5)).toEqual(fifth);
  expect(make(2)(5)).not.toEqual(fifth);
  expect(make(1)(6)).not.toEqual(fifth);
});
