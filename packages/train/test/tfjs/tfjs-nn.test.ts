import { referenceNn, values, type Shape, type Values } from "@ncsn/core";
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, test } from "vitest";
import {
  parameterValues,
  vocabularyCases,
  vocabularyInputs,
  type VocabularyCase,
} from "../../../../test/vocabulary.ts";
import { listBackends } from "../../src/tfjs/available.ts";
import { openBackend } from "../../src/tfjs/backends.ts";
import { engineLayout, tfjsNn } from "../../src/tfjs/tfjs-nn.ts";

const native = listBackends().find(({ name }) => name === "tfjs-node");
const backend = native?.missing === undefined ? "tfjs-node" : "cpu";
if (backend === "cpu")
  console.log(`the vocabulary is tested on tfjs's cpu backend alone; tfjs-node: ${native?.missing}`);

beforeAll(async () => {
  await openBackend(backend);
});

const reference = referenceNn(parameterValues);
const { images, vectors } = vocabularyInputs();

/** A parameter of the canonical layout as the tensor that the interpreter wants. */
const tensorOf = (shape: Shape, data: ArrayLike<number>): tf.Tensor =>
  tf.tensor(Float32Array.from(data), [...shape]).transpose(engineLayout(shape).toEngine);

const tensors = () => ({
  images: Object.fromEntries(
    Object.entries(images).map(([name, { shape, data }]) => [
      name,
      tf.tensor(Float32Array.from(data), [...shape]).transpose([0, 2, 3, 1]),
    ]),
  ) as Record<keyof typeof images, tf.Tensor4D>,
  vectors: Object.fromEntries(
    Object.entries(vectors).map(([name, { shape, data }]) => [
      name,
      tf.tensor<tf.Rank>(Float32Array.from(data), [...shape]),
    ]),
  ) as Record<keyof typeof vectors, tf.Tensor2D>,
});

/** The result in the canonical layout. */
const runTfjs = (
  { image, vector }: VocabularyCase,
  nn: ReturnType<typeof tfjsNn>,
  inputs = tensors(),
): tf.Tensor => {
  if (image !== undefined) return image(nn, inputs.images, inputs.vectors).transpose([0, 3, 1, 2]);
  if (vector !== undefined) return vector(nn, inputs.images, inputs.vectors);
  throw new Error("a case without an operation");
};
const runReference = ({ image, vector }: VocabularyCase, nn = reference): Values =>
  image === undefined
    ? (vector as NonNullable<typeof vector>)(nn, images, vectors)
    : image(nn, images, vectors);

const relativeError = (actual: ArrayLike<number>, expected: Float64Array): number => {
  const rms = Math.sqrt(expected.reduce((sum, value) => sum + value * value, 0) / expected.length);
  return expected.reduce((worst, value, i) => Math.max(worst, Math.abs(actual[i] - value)), 0) / rms;
};

describe.each(vocabularyCases)("$name", (vocabularyCase) => {
  test(`tfjs on ${backend} agrees with the reference to 1e-5`, () => {
    const expected = runReference(vocabularyCase);
    const actual = runTfjs(
      vocabularyCase,
      tfjsNn((name, shape, init) => tensorOf(shape, parameterValues(name, shape, init))),
    );
    expect(actual.shape).toEqual(expected.shape);
    expect(relativeError(actual.dataSync(), expected.data)).toBeLessThan(1e-5);
  });
});

const parametric = vocabularyCases.filter(({ name }) => /^(conv|dense)/.test(name));
describe.each(parametric)("the gradient of $name", (vocabularyCase) => {
  test("agrees with central differences of the reference, in the weights", () => {
    let weight: { name: string; shape: Shape; data: Float64Array } | undefined;
    runReference(
      vocabularyCase,
      referenceNn((name, shape, init) => {
        const data = parameterValues(name, shape, init);
        if (name.endsWith(".weight")) weight = { name, shape, data: Float64Array.from(data) };
        return data;
      }),
    );
    const { name: weightName, shape, data } = weight as NonNullable<typeof weight>;

    // the scalar ½·Σ y² of the result
    const scalar = (w: Float64Array): number => {
      const bind = referenceNn((name, s, init) => (name === weightName ? w : parameterValues(name, s, init)));
      return 0.5 * runReference(vocabularyCase, bind).data.reduce((sum, y) => sum + y * y, 0);
    };
    const h = 1e-5;
    const expected = data.map(
      (value, i) => (scalar(data.with(i, value + h)) - scalar(data.with(i, value - h))) / (2 * h),
    );

    const gradient = tf.grad((w) =>
      runTfjs(
        vocabularyCase,
        tfjsNn((name, s, init) => (name === weightName ? w : tensorOf(s, parameterValues(name, s, init)))),
      )
        .square()
        .sum()
        .mul(0.5)
        .asScalar(),
    )(tensorOf(shape, data));
    const canonical = gradient.transpose(engineLayout(shape).toCanonical);
    expect(relativeError(canonical.dataSync(), expected)).toBeLessThan(1e-4);
  });
});

const onImages = vocabularyCases.filter(({ name }) =>
  /^(silu|elu|relu|meanPool|maxPool|upsample|resize|scale by vector|attention|variance)/.test(name),
);
describe.each(onImages)("the gradient of $name", (vocabularyCase) => {
  test("agrees with central differences of the reference, in the input", () => {
    const inputName = (["odd", "even", "query"] as const).find((name) => {
      const marked = { ...images, [name]: values(images[name].shape) };
      const run =
        vocabularyCase.image?.(reference, marked, vectors) ??
        vocabularyCase.vector?.(reference, marked, vectors);
      return run?.data.join() !== runReference(vocabularyCase).data.join();
    });
    if (inputName === undefined) return expect(vocabularyCase.name).toMatch(/of vector/); // those are covered as images
    const input = images[inputName];
    const scalar = (data: Float64Array): number => {
      const moved = { ...images, [inputName]: values(input.shape, data) };
      const y =
        vocabularyCase.image?.(reference, moved, vectors) ??
        vocabularyCase.vector?.(reference, moved, vectors);
      return 0.5 * (y as Values).data.reduce((sum, value) => sum + value * value, 0);
    };
    const h = 1e-5;
    const expected = input.data.map(
      (value, i) => (scalar(input.data.with(i, value + h)) - scalar(input.data.with(i, value - h))) / (2 * h),
    );
    const all = tensors();
    const gradient = tf.grad((x) =>
      runTfjs(
        vocabularyCase,
        tfjsNn((name, s, init) => tensorOf(s, parameterValues(name, s, init))),
        { images: { ...all.images, [inputName]: x as tf.Tensor4D }, vectors: all.vectors },
      )
        .square()
        .sum()
        .mul(0.5)
        .asScalar(),
    )(all.images[inputName]);
    expect(relativeError(gradient.transpose([0, 3, 1, 2]).dataSync(), expected)).toBeLessThan(1e-4);
  });
});
