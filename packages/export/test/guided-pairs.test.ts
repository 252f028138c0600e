/** Which two files go together in a guided one. */
import { readCard, type Card } from "@ncsn/core";
import { decodeModel, guidedModel, halfModel } from "@ncsn/export";
import { describe, expect, it } from "vitest";
import { files, made, small } from "./guided-files.ts";

describe("a guided file", () => {
  it("takes what both take", () => {
    const inputs = (main: Uint8Array, guide: Uint8Array) =>
      decodeModel(guidedModel(main, guide, 1)).graph.inputs.map(({ name, shape }) => [name, shape[0]]);
    const bound = made({ options: small }, {}, 3);
    const three = [
      ["x", 3],
      ["sigma", 3],
    ];
    expect(inputs(bound, files.guide)).toEqual(three);
    expect(inputs(files.plain, bound)).toEqual(three);
    expect(inputs(files.labelled, files.guide)).toEqual(
      ["x", "sigma", "label"].map((name) => [name, "batch"]),
    );
    expect(() => guidedModel(bound, made({ options: small }, {}, 4), 1)).toThrow(
      new TypeError("the guide takes 4 images a call, the model 3: they must agree"),
    );
  });
});

describe("guidedModel refuses", () => {
  const { plain, labelled, guide, labelledGuide } = files;
  const guided = () => guidedModel(plain, guide, 1);
  const half = halfModel(plain);
  const other = (changes: Partial<Card>) => made({ options: small }, { name: "other", ...changes });
  const together = "they must agree";

  it.each([
    ["a guided model", guided, () => guide, "test is guided already, by early"],
    ["a guided guide", () => plain, guided, "test is guided already, by early"],
    [
      "a halved model",
      () => half,
      () => guide,
      "the weights of test are float16 (guide with float32 weights, then halve)",
    ],
    [
      "a halved guide",
      () => plain,
      () => half,
      "the weights of test are float16 (guide with float32 weights, then halve)",
    ],
    [
      "another shape",
      () => plain,
      () => made({ options: small, shape: [3, 4, 4] }, { name: "other" }),
      `the shape of the guide other is [3, 4, 4], [1, 4, 4] of the model test: ${together}`,
    ],
    [
      "another scale",
      () => plain,
      () => other({ pixels: { scale: 2.00001, offset: -1 } }),
      `the units of the guide other are 2.00001·pixel + -1, 2·pixel + -1 of the model test: ${together} (train both on the same data by the same recipe)`,
    ],
    [
      "another offset",
      () => plain,
      () => other({ pixels: { scale: 2, offset: -1.00001 } }),
      `the units of the guide other are 2·pixel + -1.00001, 2·pixel + -1 of the model test: ${together} (train both on the same data by the same recipe)`,
    ],
    [
      "classes that the model does not know",
      () => plain,
      () => labelledGuide,
      "the guide early knows classes, the model test none (need a guide without)",
    ],
    [
      "other classes",
      () => labelled,
      () => made({ options: { ...small, classes: 3 } }, { name: "other" }),
      `the classes of the guide other are class 0, class 1, class 2; class 0, class 1 of the model test: ${together}`,
    ],
  ])("%s", (_, main, by, message) => {
    expect(() => guidedModel(main(), by(), 1)).toThrow(new TypeError(message));
  });

  it.each([NaN, Infinity, 1e39])("a weight of %s, which is not finite in a file", (weight) => {
    const message = `invalid guidance: ${weight} (need a finite number)`;
    expect(() => guidedModel(plain, guide, weight)).toThrow(new RangeError(message));
  });

  it("no units that differ by rounding alone", () => {
    const near = other({ pixels: { scale: 2.000001, offset: -0.999999 } });
    expect(readCard(guidedModel(plain, near, 1)).guide?.name).toBe("other");
  });
});
