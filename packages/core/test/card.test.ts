import { describe, expect, it } from "vitest";
import { CardError } from "../src/metadata.ts";
import {
  cardKey,
  isImage,
  parseCard,
  probeError,
  probeInputs,
  readCard,
  toPixels,
  type Card,
  type Probe,
} from "../src/card.ts";
import { key, normals, split } from "../src/rng.ts";
import { integer, field, model, property, varint } from "./onnx-bytes.ts";

const probe: Probe = {
  key: key(6),
  sigmas: [0.01, 1, 80],
  positions: [0, 3],
  scores: [
    [3, -4],
    [1, 1],
    [0.5, 0],
  ],
  tolerance: 1e-4,
};

const card: Card = {
  version: 1,
  name: "fünf",
  shape: [1, 28, 28],
  pixels: { scale: 2, offset: -1 },
  sigmaData: 0.5,
  sigmaRange: [0.002, 80],
  sampler: { name: "heun", steps: 18, options: {} },
  recipe: { name: "edm" },
  training: { steps: 10, engine: "x".repeat(20_000) },
  probe,
};

const json = JSON.stringify(card);

describe("readCard", () => {
  it("finds the card among other fields, with lengths of one, two and three bytes", () => {
    expect([varint(127), varint(128), varint(300), varint(20_000)].map((v) => v.length)).toEqual([
      1, 2, 2, 3,
    ]);
    expect(varint(300)).toEqual([0xac, 0x02]); // the protobuf documentation's example
    for (const size of [0, 5, 127, 128, 300, 70_000])
      expect(readCard(model(size, property("a", "b"), property(cardKey, json), property("z", "{}")))).toEqual(
        card,
      );
  });

  it("passes over fields of every wire type and over unknown numbers", () => {
    const others = [
      [...varint(100 * 8 + 1), 1, 2, 3, 4, 5, 6, 7, 8], // 64 bits
      [...varint(5000 * 8 + 5), 1, 2, 3, 4], // 32 bits
      integer(5, 2 ** 50), // model_version
      [5 * 8, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1], // −1 as ten bytes
    ];
    expect(readCard(model(3, ...others, property(cardKey, json), ...others))).toEqual(card);
  });

  it("reads an entry whose value comes before its key, and the last of two", () => {
    const swapped = field(14, [...field(2, json), ...field(1, cardKey)]);
    expect(readCard(model(3, property(cardKey, "{}"), swapped))).toEqual(card);
  });

  it("refuses every file cut short of its card", () => {
    const bytes = model(100, property(cardKey, JSON.stringify({ ...card, training: {} })));
    for (let length = 0; length < bytes.length; length++)
      expect(() => readCard(bytes.subarray(0, length)), `${length} bytes`).toThrow(CardError);
  });

  it.each([
    ["an empty file", new Uint8Array(0), "no model card in this ONNX file"],
    ["a model without a card", model(10, property("other", "{}")), "no model card in this ONNX file"],
    ["a web page", new TextEncoder().encode("<!doctype html>"), "this is not an ONNX file"],
    ["a PNG", Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10), "this is not an ONNX file"],
    [
      "a field beyond the end",
      Uint8Array.from([...varint(7 * 8 + 2), 100, 1]),
      "this is not an ONNX file, or it is truncated",
    ],
    ["64 bits beyond the end", Uint8Array.from([...property(cardKey, json), 8 + 1, 1]), "or it is truncated"],
    ["an endless varint", new Uint8Array(100).fill(255), "or it is truncated"],
  ])("refuses %s", (_, bytes, message) => {
    expect(() => readCard(bytes)).toThrow(CardError);
    expect(() => readCard(bytes)).toThrow(message);
  });
});

describe("parseCard", () => {
  const { probe: _, ...withoutProbe } = card;
  it.each([
    ["{", "the model card is not JSON"],
    ["null", "the model card is not a JSON object"],
    ["7", "the model card is not a JSON object"],
    ["{}", "unknown model card version: undefined (this release reads version 1)"],
    [JSON.stringify({ ...card, version: 2 }), "unknown model card version: 2 (this release reads version 1)"],
    [JSON.stringify(withoutProbe), 'the model card lacks "probe"'],
  ])("of %.20s says what is wrong", (text, message) => {
    expect(() => parseCard(text)).toThrow(new CardError(message));
  });

  it.each<[string, unknown]>([
    ["shape", [28, 28]],
    ["shape", [1, 28, 0]],
    ["shape", "1x28x28"],
    ["pixels", { scale: 0, offset: 0 }],
    ["pixels", null],
    ["sigmaData", 0],
    ["sigmaRange", [1, 0.1]],
    ["sigmaRange", [0, 1]],
    ["sigmas", [1, "0.5"]],
    ["sigmas", [1, 0]],
    ["sigmas", 1],
    ["sampler", "heun"],
    ["sampler", { name: "heun", steps: "18", options: {} }],
    ["sampler", { name: "heun", steps: 0, options: {} }],
    ["sampler", { name: "heun", steps: 18 }],
    ["sampler", { name: "heun", steps: 18, options: ["rho"] }],
    ["sampler", { name: "heun", steps: 18, options: { rho: [7] } }],
    ["sampler", { name: "heun", steps: 18, options: {}, sigmaMax: 0 }],
    ["classes", "zero"],
    ["classes", ["zero", 1]],
    ["guide", "early"],
    ["guide", { name: "early", weight: "1", training: {} }],
    ["guide", { name: "early", weight: 1 }],
    ["probe", { ...probe, sigmas: [1] }],
    ["probe", { ...probe, positions: [] }],
    ["probe", { ...probe, scores: [[1], [2], [3]] }],
    ["probe", { ...probe, sigmas: [], scores: [] }],
  ])("refuses %s of %j", (name, value) => {
    expect(() => parseCard(JSON.stringify({ ...card, [name]: value }))).toThrow(
      `bad ${name} in the model card: `,
    );
  });

  it("takes names of classes, levels of noise and a guide", () => {
    const guide = { name: "early", weight: 1, training: { step: 5 } };
    const whole: Card = { ...card, classes: ["zero", "one"], sigmas: [80, 1], guide };
    expect(parseCard(JSON.stringify(whole))).toEqual(whole);
  });

  it("names the value and what would be right", () => {
    expect(() => parseCard(JSON.stringify({ ...card, sigmaRange: [1, 0.1] }))).toThrow(
      new CardError("bad sigmaRange in the model card: [1,0.1] (need 0 < sigmaMin <= sigmaMax)"),
    );
  });
});

describe("the probe", () => {
  const dimension = 6;

  it("has inputs of the size of noisy data, by key and row", () => {
    const inputs = probeInputs(probe, dimension, 0.5);
    probe.sigmas.forEach((sigma, row) => {
      const z = normals(split(key(6), row), dimension);
      for (let i = 0; i < dimension; i++)
        expect(inputs[row * dimension + i]).toBeCloseTo(Math.sqrt(sigma ** 2 + 0.25) * z[i], 4);
    });
  });

  /** Scores of whole images that agree with the probe. */
  const agreeing = (): Float64Array => {
    const scores = new Float64Array(3 * dimension).fill(7);
    probe.scores.forEach((row, r) =>
      row.forEach((value, i) => (scores[r * dimension + probe.positions[i]] = value)),
    );
    return scores;
  };

  it("is passed by the scores it was made of, and only looks at its positions", () => {
    expect(probeError(probe, agreeing())).toBe(0);
  });

  it("measures the largest difference over the rms of its row", () => {
    const scores = agreeing();
    scores[0] += 0.01; // row 0: rms √((9 + 16)/2)
    scores[2 * dimension] -= 0.002; // row 2: rms √(0.25/2)
    expect(probeError(probe, scores)).toBeCloseTo(0.002 / Math.sqrt(0.125), 10);
    scores[0] += 0.09;
    expect(probeError(probe, scores)).toBeCloseTo(0.1 / Math.sqrt(12.5), 10);
  });

  it.each([0, dimension, 2 * dimension])("is not passed by a NaN at %s", (at) => {
    const scores = agreeing();
    scores[at] = NaN;
    expect(probeError(probe, scores)).toBeNaN();
  });

  it("takes scores of 0 where 0 is expected, and nothing else", () => {
    const zero = { ...probe, scores: probe.scores.map((row) => row.map(() => 0)) };
    expect(probeError(zero, new Float64Array(3 * dimension))).toBe(0);
    expect(probeError(zero, new Float64Array(3 * dimension).fill(1e-9))).toBe(Infinity);
  });
});

describe("toPixels", () => {
  const model = Float32Array.of(-1, 0, 1, 1.5, -3, NaN);

  it("inverts the units and clamps images", () => {
    expect(isImage(card)).toBe(true);
    expect([...toPixels(card, model.slice())]).toEqual([0, 0.5, 1, 1, 0, NaN]);
  });

  it("leaves points where they are", () => {
    const points = { ...card, shape: [2, 1, 1] } as const;
    expect(isImage(points)).toBe(false);
    expect([...toPixels(points, model.slice())]).toEqual([0, 0.5, 1, 1.25, -1, NaN]);
  });

  it("works in place", () => {
    const x = Float32Array.of(1);
    expect(toPixels(card, x)).toBe(x);
  });
});
