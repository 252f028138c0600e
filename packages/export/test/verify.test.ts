import { key } from "@ncsn/core";
import { checkCount, checkPoints, exportModel, referenceScore, relativeError } from "@ncsn/export";
import { describe, expect, it } from "vitest";
import { open } from "./ort.ts";
import { trainedModel } from "./trained-model.ts";

describe("relativeError", () => {
  it("is the largest difference over the root mean square", () => {
    expect(relativeError(Float64Array.of(3, -4), Float32Array.of(3, -3.5))).toBeCloseTo(
      0.5 / Math.sqrt(12.5),
      12,
    );
  });
  it("is 0 for equal zeros, and not finite where a score is not", () => {
    expect(relativeError(Float64Array.of(0, 0), Float32Array.of(0, 0))).toBe(0);
    expect(relativeError(Float64Array.of(0, 0), Float32Array.of(0, 1))).toBe(Infinity);
    expect(relativeError(Float64Array.of(1, 1, 1), Float32Array.of(1, NaN, 1))).toBe(NaN);
    expect(relativeError(Float64Array.of(1, 1, 1), Float32Array.of(NaN, 1, 5))).toBe(NaN);
  });
});

describe("check points", () => {
  it("reach from one end of the range to the other", () => {
    const { config } = trainedModel();
    const { sigma, x, label } = checkPoints(config, 5, key(1));
    expect([sigma[0], sigma[4]]).toEqual([0.002, 80].map(Math.fround));
    const ratios = [1, 2, 3, 4].map((i) => Math.log(sigma[i] / sigma[i - 1]));
    ratios.forEach((ratio) => expect(ratio).toBeCloseTo(Math.log(40_000) / 4, 5));
    expect([x.length, label]).toEqual([5 * 96, undefined]);
  });
  it("go through the classes, with none among them", () => {
    const { config } = trainedModel({ options: { channels: 4, classes: 2 }, shape: [1, 4, 4] });
    expect(Array.from(checkPoints(config, 5, key(1)).label ?? [])).toEqual([-1, 0, 1, -1, 0]);
  });
  it("are as many as take a few seconds, and 4 at least", () => {
    expect([0, 1e6, 2e7, 4e7, 1e9].map(checkCount)).toEqual([64, 64, 30, 15, 4]);
  });
});

describe("a file", () => {
  const { config, parameters, probe } = trainedModel();
  const points = checkPoints(config, 4, key(1));

  /** The largest error of a file made of some parameters, beside the reference of the right ones. */
  async function errorOf(changed: typeof parameters): Promise<number> {
    const run = await open(exportModel({ config, step: 1, parameters: changed, probe: probe() }));
    const scores = await run({
      x: { shape: [4, ...config.shape], data: points.x },
      sigma: { shape: [4], data: points.sigma },
    });
    const errors = Array.from({ length: 4 }, (_, i) =>
      relativeError(referenceScore(config, parameters, points, i), scores.subarray(96 * i, 96 * (i + 1))),
    );
    return Math.max(...errors);
  }

  it("agrees with the reference", async () => {
    expect(await errorOf(parameters)).toBeLessThan(1e-5);
  });
  it("does not where one number of a hundred thousand is changed", async () => {
    const tensor = parameters.get("mid.conv0.weight")!;
    const changed = { ...tensor, data: tensor.data.with(7, tensor.data[7] + 1) };
    expect(await errorOf(new Map(parameters).set("mid.conv0.weight", changed))).toBeGreaterThan(1e-4);
  });
});
