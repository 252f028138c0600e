import { describe, expect, it } from "vitest";
import { cardKey } from "../src/card.ts";
import { judgeCardKey, readJudgeCard, type JudgeCard } from "../src/judge-card.ts";
import { CardError } from "../src/metadata.ts";
import { model, property } from "./onnx-bytes.ts";

const card: JudgeCard = {
  version: 1,
  name: "judge-test",
  shape: [1, 8, 8],
  classes: ["a", "b"],
  width: 4,
  dataset: { name: "test", train: null, test: 100 },
  test: { accuracy: 0.97, errors: 3, crossEntropy: 0.1 },
  network: { classes: 2, width: 4, channels: [2] },
  training: { steps: 10, batch: 8, rate: 0.001, seed: 0, shift: 1 },
};
const file = (changes: object = {}): Uint8Array =>
  model(20, property(judgeCardKey, JSON.stringify({ ...card, ...changes })));

describe("the card of a judge", () => {
  it("is read as it was written", () => {
    expect(readJudgeCard(file())).toEqual(card);
  });

  it.each([
    [
      "the file of a score model",
      model(20, property(cardKey, "{}")),
      'not a judge: no metadata_props["ncsn-judge"] in this ONNX file (pnpm judge makes one)',
    ],
    ["text", new TextEncoder().encode("<html></html>"), "this is not an ONNX file"],
    [
      "another version",
      file({ version: 2 }),
      "unknown judge's card version: 2 (this release reads version 1)",
    ],
    ["no shape", file({ shape: undefined }), 'the judge\'s card lacks "shape"'],
    [
      "one class",
      file({ classes: ["a"] }),
      'bad classes in the judge\'s card: ["a"] (need a list of two names or more)',
    ],
    ["no features", file({ width: 0 }), "bad width in the judge's card: 0 (need an integer >= 1)"],
    [
      "no numbers",
      file({ test: {} }),
      "bad test in the judge's card: {} (need numbers accuracy, errors and crossEntropy)",
    ],
    [
      "a data set without a size",
      file({ dataset: { name: "test" } }),
      'bad dataset in the judge\'s card: {"name":"test"} (need a name and the numbers of images train and test)',
    ],
  ])("of %s is refused", (_, bytes, message) => {
    expect(() => readJudgeCard(bytes)).toThrow(new CardError(message));
  });
});
