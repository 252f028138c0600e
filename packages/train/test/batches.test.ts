import type { Dataset } from "@ncsn/core";
import { describe, expect, it } from "vitest";
import { batchesOf, hiddenLabels } from "../src/batches.ts";
import { mixtureOf, ramps, tinyConfig } from "./tiny-config.ts";

const small = { network: "mlp", options: { width: 4 }, steps: 100, batch: 8 } as const;

/** A set whose item i is the number i. */
const counting = (size: number): Dataset => ({
  name: "counting",
  shape: [1, 1, 1],
  size,
  pixels: false,
  read(index, out, offset) {
    out[offset] = index;
    return -1;
  },
});

/** The clean data of a step, in the data's own units. */
function itemsOf(dataset: Dataset, step: number, batch: number, seed = 1): number[] {
  const config = { ...tinyConfig({ ...small, dataset, batch, seed }), pixels: { scale: 1, offset: 0 } };
  const { x, z, sigma } = batchesOf(config, dataset)(step);
  return Array.from(x, (value, i) => Math.round(value - sigma[i] * z[i]) + 0);
}

const firstNumbers = (count: number) => Array.from({ length: count }, (_, i) => i);

describe("the data of a run", () => {
  it("are each item of a finite set once an epoch, in another order every epoch and for every seed", () => {
    const dataset = counting(12);
    const epochs = [0, 1, 2].map((epoch) => [0, 1, 2].flatMap((i) => itemsOf(dataset, 3 * epoch + i, 4)));
    for (const epoch of epochs) expect([...epoch].sort((a, b) => a - b)).toEqual(firstNumbers(12));
    expect(epochs[0]).not.toEqual(epochs[1]);
    expect(epochs[1]).not.toEqual(epochs[2]);
    expect(itemsOf(dataset, 0, 12, 2)).not.toEqual(itemsOf(dataset, 0, 12, 1));
  });

  it("do not depend on the batch: item n is the n-th that a run sees", () => {
    const dataset = counting(10);
    const byThree = Array.from({ length: 10 }, (_, step) => itemsOf(dataset, step, 3)).flat();
    const byFive = Array.from({ length: 6 }, (_, step) => itemsOf(dataset, step, 5)).flat();
    expect(byThree).toEqual(byFive);
    expect(byThree.slice(20).sort((a, b) => a - b)).toEqual(firstNumbers(10));
  });

  it("are the items of an endless set by number", () => {
    expect(itemsOf(counting(Infinity), 7, 4)).toEqual([28, 29, 30, 31]);
  });

  it("come in model units: scale·pixel + offset + σ·z", () => {
    const dataset = ramps(6);
    const config = tinyConfig({ ...small, dataset, batch: 6 });
    const { x, z, sigma } = batchesOf(config, dataset)(0);
    const clean = Float64Array.from(x, (value, i) => value - sigma[Math.floor(i / 64)] * z[i]);
    const mean = clean.reduce((a, b) => a + b, 0) / clean.length;
    const variance = clean.reduce((a, b) => a + (b - mean) ** 2, 0) / clean.length;
    expect(mean).toBeCloseTo(0, 4);
    expect(Math.sqrt(variance)).toBeCloseTo(0.5, 4);
  });
});

describe("a batch", () => {
  const dataset = mixtureOf();
  const config = tinyConfig({ ...small, dataset });

  it("is a function of its step alone", () => {
    const batchAt = batchesOf(config, dataset);
    const forwards = [0, 1, 2, 3].map(batchAt);
    const other = batchesOf(config, mixtureOf());
    for (const step of [3, 2, 1, 0]) expect(other(step)).toEqual(forwards[step]);
    expect(forwards[0].z).not.toEqual(forwards[1].z);
    expect(forwards[0].sigma).not.toEqual(forwards[1].sigma);
  });

  it("has no labels for a network without classes", () => {
    expect(batchesOf(config, dataset)(0).label).toBeUndefined();
  });

  it("hides a tenth of the labels of a network with classes, others at every step", () => {
    const labelled = ramps(Infinity, 1); // item i is of class i mod 2
    const conditional = tinyConfig({
      dataset: labelled,
      network: "unet",
      options: { channels: 4, classes: 2 },
      steps: 9,
      batch: 500,
    });
    const batchAt = batchesOf(conditional, labelled);
    const hidden = [0, 1, 2, 3].map((step) =>
      [...(batchAt(step).label ?? [])].flatMap((label, i) => {
        expect([i % 2, -1]).toContain(label);
        return label === -1 ? [i] : [];
      }),
    );
    const count = hidden.flat().length;
    const deviation = Math.sqrt(2000 * hiddenLabels * (1 - hiddenLabels));
    expect(Math.abs(count - 2000 * hiddenLabels)).toBeLessThan(4 * deviation);
    expect(hidden[0]).not.toEqual(hidden[1]);
  });
});
