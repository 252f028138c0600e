import { load, type Model } from "@ncsn/infer/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sampleImages } from "../../../src/evaluate/quality/sample-images.ts";
import { gaussianFile } from "../gaussian-file.ts";

describe("sampleImages", () => {
  let model: Model;
  beforeAll(async () => {
    model = await load(gaussianFile([1, 4, 4]), { device: "cpu" });
  });
  afterAll(() => model.dispose());
  const request = { count: 700, seed: 3, first: 5, steps: 4, batch: 64 };

  it("gives what sample gives, in more than one wave", async () => {
    const told: number[] = [];
    const { pixels, evaluations, plan } = await sampleImages(model, request, (done) => told.push(done));
    expect(pixels).toEqual((await model.sample(request)).data);
    expect([plan.steps, evaluations]).toEqual([4, 7]);
    expect(told.at(-1)).toBe(700);
    expect(told).toEqual(told.toSorted((a, b) => a - b));
  });

  it("counts the evaluations of a sampler that takes as many as it needs", async () => {
    const { evaluations, pixels } = await sampleImages(model, {
      ...request,
      steps: undefined,
      sampler: "rk45",
      count: 20,
    });
    expect(evaluations).toBeGreaterThan(10);
    expect(pixels.every((pixel) => pixel >= 0 && pixel <= 1)).toBe(true);
    expect(new Set(pixels).size).toBeGreaterThan(100);
  });

  it("stops at a signal", async () => {
    const stop = new AbortController();
    const sampling = sampleImages(model, { ...request, signal: stop.signal }, () =>
      stop.abort(new Error("enough")),
    );
    await expect(sampling).rejects.toThrow("enough");
  });

  it("gives each wave its labels, and counts what they cost without rounding", async () => {
    const asked: unknown[] = [];
    const labels = Int32Array.from({ length: 5000 }, (_, i) => i % 10);
    // A model that knows classes, as far as this asks it: its samples are the numbers of its classes.
    const conditional: Parameters<typeof sampleImages>[0] = {
      card: { ...model.card, shape: [1, 1, 1] },
      plan: (of) => ({ ...model.plan({ ...of, label: undefined }), labels }),
      async *steps({ label, count = 0 } = {}) {
        asked.push(label);
        const data = Float32Array.from(label as number[]);
        const pixels = () => Promise.resolve({ shape: [count, 1, 1, 1] as const, data });
        yield await Promise.resolve({ index: 0, total: 1, sigma: 0, evaluations: 40, pixels });
      },
    };
    const { pixels, evaluations } = await sampleImages(conditional, { ...request, count: 5000 });
    expect(asked.length).toBe(10);
    expect(evaluations).toBe(40);
    expect([...pixels]).toEqual([...labels]);
  });
});
