import {
  classifier,
  initialise,
  judgeCardKey,
  key,
  readJudgeCard,
  referenceNn,
  summarizeClassifier,
  uniforms,
  values,
  type JudgeCard,
} from "@ncsn/core";
import { decodeModel, exportJudge } from "@ncsn/export";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { beforeAll, describe, expect, it } from "vitest";
import { modelProblems } from "./model-rules.ts";
import { relativeError } from "./ort.ts";

const card: JudgeCard = {
  version: 1,
  name: "judge-test",
  shape: [2, 13, 9],
  classes: ["a", "b", "c"],
  width: 7,
  dataset: { name: "test", train: 0, test: 0 },
  test: { accuracy: 0, errors: 0, crossEntropy: 0 },
  network: { classes: 3, width: 7, channels: [16, 32] },
  training: { steps: 0, batch: 1, rate: 0, seed: 0, shift: 0 },
};
const dimension = 2 * 13 * 9;
const count = 19;

describe("the file of a judge", () => {
  const parameters = initialise(summarizeClassifier(card.network, card.shape).parameters, key(1));
  const bytes = exportJudge(card, parameters);
  const pixels = Float32Array.from(uniforms(key(2), count * dimension));
  let session: InferenceSession;
  beforeAll(async () => {
    session = await InferenceSession.create(bytes, { logSeverityLevel: 3 });
  });
  const say = async (from: number, to: number): Promise<Record<string, Float32Array>> => {
    const part = pixels.subarray(from * dimension, to * dimension);
    const said = await session.run({ x: new Tensor("float32", part, [to - from, ...card.shape]) });
    return { features: said.features.data as Float32Array, logits: said.logits.data as Float32Array };
  };

  it("keeps the rules of exported graphs and holds its card alone", () => {
    expect(modelProblems(bytes)).toEqual([]);
    expect(decodeModel(bytes).metadata.map(([name]) => name)).toEqual([judgeCardKey]);
    expect(readJudgeCard(bytes)).toEqual(card);
  });

  it("says in ONNX Runtime what the reference says", async () => {
    const nn = referenceNn((name) => parameters.get(name)?.data ?? []);
    const expected = classifier.apply(nn, values([count, ...card.shape], pixels), card.network);
    const { features, logits } = await say(0, count);
    expect(relativeError(features, expected.features.data)).toBeLessThan(1e-5);
    expect(relativeError(logits, expected.logits.data)).toBeLessThan(1e-5);
  });

  it("says the same bits of an image in any batch", async () => {
    const whole = await say(0, count);
    for (const size of [1, 2, 7])
      for (let from = 0; from < count; from += size) {
        const to = Math.min(from + size, count);
        const part = await say(from, to);
        for (const [name, width] of [
          ["features", 7],
          ["logits", 3],
        ] as const)
          expect(part[name], `${name} of ${from} to ${to}`).toEqual(
            whole[name].subarray(from * width, to * width),
          );
      }
  });
});
