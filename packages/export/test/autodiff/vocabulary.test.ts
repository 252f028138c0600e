/** Every operation of the vocabulary as a graph: evaluated in float64, and differentiated. */
import { normals, key, referenceNn, split, values, type Values } from "@ncsn/core";
import { differentiate, evaluate, inputBinder, onnxNn, tape, undifferentiable } from "@ncsn/export";
import { describe, expect, test } from "vitest";
import {
  imageShapes,
  parameterValues,
  vectorShapes,
  vocabularyCases,
  vocabularyInputs,
} from "../../../../test/vocabulary.ts";
import { directionalDifference, evaluateNumber, inner, relativeError, withLoss } from "./derivatives.ts";
import { feed } from "./record-case.ts";

const given = vocabularyInputs();
const inputs = new Map(
  Object.entries({ ...given.images, ...given.vectors }).map(([name, x]) => [`given ${name}`, x]),
);
const zero = { kind: "constant", value: 0 } as const;
/** A vector is an image of one pixel. */
const asImage = ({ shape, data }: Values): Values =>
  values(shape.length === 2 ? [...shape, 1, 1] : shape, data);

describe.each(vocabularyCases)("$name", ({ name, image, vector }) => {
  const recording = tape(name);
  const declare = <Name extends string>(shapes: Record<Name, readonly number[]>) =>
    Object.fromEntries(
      Object.entries<readonly number[]>(shapes).map(([input, shape]) => [
        input,
        recording.input(`given ${input}`, "float32", shape.length === 2 ? [...shape, 1, 1] : shape),
      ]),
    ) as Record<Name, ReturnType<typeof recording.input>>;
  const nn = onnxNn(recording, inputBinder());
  const [images, vectors] = [declare(imageShapes), declare(vectorShapes)];
  const y = (image ?? vector!)(nn, images, vectors);
  const { graph, loss } = withLoss(recording.graph(), y);

  const arrays = Object.fromEntries(
    graph.inputs.map(({ name, shape }) => {
      const input = inputs.get(name);
      const sizes = shape as readonly number[];
      return [name, input ? asImage(input) : values(sizes, parameterValues(name, sizes, zero))];
    }),
  );

  test("in float64, its graph computes what the reference defines", () => {
    const expected = (image ?? vector!)(referenceNn(parameterValues), given.images, given.vectors);
    const actual = evaluate(graph, arrays, [y.name]).get(y.name)!;
    expect(actual.shape).toEqual(asImage(expected).shape);
    // the cosine of Fourier features is a polynomial with an error of 5e-8
    expect(relativeError(actual.data, expected.data)).toBeLessThan(name === "fourier" ? 5e-7 : 1e-12);
  });

  test("the gradient in inputs and parameters agrees with central differences", () => {
    const wrt = graph.inputs.map((input) => input.name);
    expect(undifferentiable(graph, loss, wrt)).toEqual([]);
    const { graph: whole, gradients } = differentiate(graph, loss, wrt);
    const wanted = wrt.map((input) => gradients.get(input)!);
    const found = evaluate(whole, arrays, wanted);
    wrt.forEach((input, i) => {
      const gradient = found.get(wanted[i])!;
      const u = values(gradient.shape, normals(split(key(8), i), gradient.data.length));
      const expected = directionalDifference(
        ([moved]) => evaluateNumber(graph, { ...arrays, ...feed([input], [moved]) }, loss),
        [arrays[input]],
        [u],
        1e-6,
      );
      const scale = Math.sqrt(inner(gradient, gradient) * inner(u, u));
      expect(Math.abs(inner(gradient, u) - expected) / (scale || 1), input).toBeLessThan(1e-5);
    });
  });
});
