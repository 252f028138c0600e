import { describe, expect, it } from "vitest";
import { classifier, summarizeClassifier, type ClassifierOptions } from "../src/classifier.ts";
import type { Shape } from "../src/nn.ts";
import { referenceNn, values } from "../src/nn/reference.ts";
import { initialise } from "../src/nn/shapes.ts";
import { key, uniforms } from "../src/rng.ts";

const options: ClassifierOptions = { classes: 3, width: 5, channels: [2, 4] };
const elements = (shape: Shape): number => shape.reduce((a, b) => a * b, 1);

/** Features and logits of images by the reference, and the parameters that it asked for. */
function classify(shape: Shape, pixels: ArrayLike<number>) {
  const parameters = initialise(summarizeClassifier(options, shape).parameters, key(2));
  const asked = new Map<string, Shape>();
  const nn = referenceNn((name, size) => {
    asked.set(name, size);
    return parameters.get(name)?.data ?? [];
  });
  const count = pixels.length / elements(shape);
  return { ...classifier.apply(nn, values([count, ...shape], pixels), options), asked, parameters };
}

describe("the classifier", () => {
  it.each([[[1, 28, 28]], [[3, 32, 20]], [[1, 5, 1]], [[2, 1, 1]]])(
    "gives features and logits of images [%j]",
    (shape) => {
      const { features, logits, asked, parameters } = classify(shape, uniforms(key(1), 2 * elements(shape)));
      expect(features.shape).toEqual([2, options.width]);
      expect(logits.shape).toEqual([2, options.classes]);
      expect([...asked]).toEqual([...parameters].map(([name, { shape: size }]) => [name, size]));
    },
  );

  it("halves images until one pixel is left, so that the last layers see the whole", () => {
    const { parameters } = summarizeClassifier(options, [1, 28, 28]);
    const layers = parameters.filter(({ name }) => /^down\d+\.weight$/.test(name));
    expect(layers.map(({ shape }) => shape)).toEqual([
      [2, 1, 3, 3],
      [4, 2, 3, 3],
      [4, 4, 3, 3],
      [4, 4, 3, 3],
      [4, 4, 3, 3],
    ]);
  });

  it("sees where things are: an image that is moved by a pixel has other features", () => {
    const size = 12;
    const dot = (column: number) =>
      Float64Array.from({ length: size ** 2 }, (_, i) => +(i === 5 * size + column));
    const { features } = classify([1, size, size], [...dot(5), ...dot(6), ...dot(7), ...dot(8), ...dot(9)]);
    const rows = Array.from({ length: 5 }, (_, i) =>
      features.data.slice(i * options.width, (i + 1) * options.width),
    );
    const apart = (a: Float64Array, b: Float64Array) => Math.hypot(...a.map((value, i) => value - b[i]));
    for (const row of rows.slice(1)) expect(apart(rows[0], row)).toBeGreaterThan(1e-6);
  });
});
