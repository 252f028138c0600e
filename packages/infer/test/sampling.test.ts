/** Sampling under Node, against closed forms. It is long because its tests share one open model. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { key, normals, purposes, samplers, schedules, split, type SamplerName } from "@ncsn/core";
import { load, type Frame, type Images, type Model, type SampleRequest } from "@ncsn/infer/node";
import { gaussianModel, sigmaRange } from "./gaussian-model.ts";

const deviation = 0.5;
const range = { sigmaMin: sigmaRange[0], sigmaMax: sigmaRange[1] };
const open = (options: Parameters<typeof gaussianModel>[0] = {}, workers = 2): Promise<Model> =>
  load(gaussianModel(options), { device: "cpu", threads: 2, workers });

/** What Heun's method multiplies the start by: the score is linear in x. */
function heunFactor(steps: number): number {
  const sigmas = schedules.karras(steps, range);
  const slope = (sigma: number) => sigma / (deviation ** 2 + sigma ** 2);
  let factor = 1;
  for (let i = 0; i < steps; i++) {
    const h = sigmas[i + 1] - sigmas[i];
    const euler = 1 + h * slope(sigmas[i]);
    factor *= sigmas[i + 1] === 0 ? euler : 1 + (h / 2) * (slope(sigmas[i]) + slope(sigmas[i + 1]) * euler);
  }
  return factor;
}

/** The variance of annealed Langevin, level by level, in exact expectation. */
function langevinVariance(steps: number, stepsPerLevel: number, epsilon: number): number {
  const sigmas = schedules.geometric(steps, range);
  let variance = range.sigmaMax ** 2;
  for (const sigma of sigmas) {
    const alpha = (epsilon * sigma ** 2) / range.sigmaMin ** 2;
    for (let t = 0; t < stepsPerLevel; t++)
      variance = (1 - alpha / (deviation ** 2 + sigma ** 2)) ** 2 * variance + 2 * alpha;
  }
  return variance * (1 - range.sigmaMin ** 2 / (deviation ** 2 + range.sigmaMin ** 2)) ** 2;
}

const variance = (values: Float32Array): number =>
  values.reduce((sum, value) => sum + value ** 2, 0) / values.length;

describe("samples of N(0, s²I), as points", () => {
  let model: Model;
  beforeAll(async () => (model = await open({ shape: [2, 1, 1], pixels: { scale: 1, offset: 0 } })));
  afterAll(() => model.dispose());

  it("by heun are the noise times the exact factor", async () => {
    const { data } = await model.sample({ count: 5, seed: 4, first: 7 });
    const sampling = split(key(4), purposes.sampling);
    const expected = [0, 1, 2, 3, 4].flatMap((i) => [...normals(split(split(sampling, 7 + i), 0), 2)]);
    data.forEach((value, i) => expect(value).toBeCloseTo(range.sigmaMax * heunFactor(18) * expected[i], 5));
  });

  it.each([
    ["heun", {}, { steps: 18 }, (range.sigmaMax * heunFactor(18)) ** 2],
    ["annealed-langevin", { stepsPerLevel: 4, epsilon: 2e-5 }, { steps: 20 }, langevinVariance(20, 4, 2e-5)],
  ] as const)("by %s have the exact variance", async (sampler, options, request, expected) => {
    const { data } = await model.sample({ count: 8000, seed: 11, sampler, options, ...request });
    const standardError = expected * Math.sqrt(2 / data.length);
    expect(Math.abs(variance(data) - expected)).toBeLessThan(4 * standardError);
  });

  it("are not clamped", async () => {
    const { data } = await model.sample({ count: 100 });
    expect(Math.min(...data)).toBeLessThan(0);
    expect(Math.max(...data)).toBeGreaterThan(1);
  });
});

const cut = ({ data }: Images, from: number, to: number): Float32Array => data.slice(16 * from, 16 * to);

describe("the bits of a sampler", () => {
  let models: Model[];
  beforeAll(async () => (models = [await open(), await open({}, 1), await open({ batch: 5 })]));
  afterAll(async () => {
    for (const model of models) await model.dispose();
  });

  const names = Object.keys(samplers) as SamplerName[];
  it.each(names)("%s do not depend on count, first, batch, workers or the file's batch", async (sampler) => {
    const request = { seed: 2 ** 40 + 3, sampler, steps: 3 };
    const whole = await models[0].sample({ ...request, count: 64 });
    expect(whole.shape).toEqual([64, 1, 4, 4]);
    for (const model of models) {
      for (const batch of [1, 3, 64]) {
        expect((await model.sample({ ...request, count: 1, first: 17, batch })).data).toEqual(
          cut(whole, 17, 18),
        );
        expect((await model.sample({ ...request, count: 23, first: 9, batch })).data).toEqual(
          cut(whole, 9, 32),
        );
      }
    }
  });
});

describe("frames of parts that differ", () => {
  let models: Model[];
  beforeAll(async () => (models = [await open({}, 1), await open({}, 2)]));
  afterAll(async () => {
    for (const model of models) await model.dispose();
  });

  const framesOf = async (model: Model, request: SampleRequest): Promise<Frame[]> => {
    const frames: Frame[] = [];
    for await (const frame of model.steps(request)) frames.push(frame);
    return frames;
  };

  it("have the diagnostics of all images, whoever measured them", async () => {
    const request = {
      count: 5,
      sampler: "annealed-langevin",
      steps: 4,
      options: { diagnose: true },
    } as const;
    const [alone, shared] = await Promise.all(models.map((model) => framesOf(model, request)));
    const diagnostics = alone.map((frame) => frame.diagnostics);
    expect(diagnostics.filter((of) => of?.varianceRatio.length === 5)).toHaveLength(4 * 5);
    expect(diagnostics.at(-1)).toBeUndefined(); // denoising
    expect(shared.map((frame) => frame.diagnostics)).toEqual(diagnostics);
    for (const frame of await framesOf(models[0], { ...request, options: {} }))
      expect(frame).not.toHaveProperty("diagnostics");
  });

  it("say that they are done when the last part is, where the data decide", async () => {
    const [alone, shared] = await Promise.all(
      models.map((model) => framesOf(model, { count: 5, sampler: "rk45", options: { rtol: 1e-3 } })),
    );
    for (const frames of [alone, shared]) {
      expect(frames.at(-1)).toMatchObject({ sigma: 0, total: frames.length });
      for (const { total } of frames.slice(0, -1)) expect(total).toBeUndefined();
      const sigmas = frames.map(({ sigma }) => sigma);
      expect(sigmas).toEqual([...sigmas].sort((a, b) => b - a));
    }
  });
});

describe("a model", () => {
  let model: Model;
  beforeAll(async () => (model = await open()));
  afterAll(() => model.dispose());

  it("passes its own probe", async () => {
    expect(await model.verify()).toBeLessThan(1e-6);
  });

  it("scores images at one level of noise or one each", async () => {
    const x = Float32Array.from({ length: 48 }, (_, i) => Math.sin(i));
    const sigmas = [0.1, 1, 10];
    const scores = await model.score(x, sigmas, { batch: 2 });
    scores.forEach((score, i) =>
      expect(score).toBeCloseTo(-x[i] / (0.25 + sigmas[Math.floor(i / 16)] ** 2), 4),
    );
    expect((await model.score(x, 1)).subarray(16, 32)).toEqual(scores.subarray(16, 32));
    expect(x[1]).toBe(Math.fround(Math.sin(1)));
  });

  it.each([
    [15, 1, "invalid x: 15 values (need a multiple of 16"],
    [0, 1, "invalid x: 0 values"],
    [32, [1], "invalid sigma: 1 for 2 images"],
    [16, 0, "invalid sigma: 0 (need a number > 0)"],
    [16, NaN, "invalid sigma: NaN (need a number > 0)"],
  ] as const)("refuses to score %i values at sigma %j", async (length, sigma, message) => {
    await expect(model.score(new Float32Array(length), sigma)).rejects.toThrow(message);
  });

  it("refuses a request at once, before anything runs", async () => {
    expect(() => model.steps({ steps: 0 })).toThrow(RangeError);
    await expect(model.sample({ seed: -1 })).rejects.toThrow(RangeError);
  });

  it("leaves the event loop free", async () => {
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 1);
    await model.sample({ count: 512, steps: 50 });
    clearInterval(timer);
    expect(turns).toBeGreaterThan(5);
  });

  it("stops sampling by the signal, and goes on", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const request = { count: 100, batch: 3, steps: 100_000, signal: controller.signal };
    const sampling = model.sample(request);
    setTimeout(() => controller.abort(reason), 30);
    await expect(sampling).rejects.toBe(reason);
    expect((await model.sample({ count: 2 })).shape).toEqual([2, 1, 4, 4]);
  });

  it("can do several things at once", async () => {
    const alone = await model.sample({ count: 3, seed: 5 });
    const [a, b, score] = await Promise.all([
      model.sample({ count: 3, seed: 5 }),
      model.sample({ count: 9, seed: 5, sampler: "annealed-langevin", steps: 4 }),
      model.score(new Float32Array(16).fill(1), 1),
    ]);
    expect(a).toEqual(alone);
    expect(b.shape[0]).toBe(9);
    expect(score[0]).toBeCloseTo(-0.8, 6);
  });
});

describe("with classes, a model", () => {
  it("samples each image of its class", async () => {
    const model = await open({
      shape: [2, 1, 1],
      pixels: { scale: 1, offset: 0 },
      deviation: 0.1,
      classes: ["zero", "one"],
    });
    const { data } = await model.sample({ count: 4, label: ["one", "zero", 1, -1], batch: 1 });
    expect([...data].map((value) => value > 0.5)).toEqual([
      true,
      true,
      false,
      false,
      true,
      true,
      false,
      false,
    ]);
    await model.dispose();
  });
});

describe("steps", () => {
  let model: Model;
  beforeAll(async () => (model = await open()));
  afterAll(() => model.dispose());

  it("count, and end in what sample gives", async () => {
    const seen: Pick<Frame, "index" | "total" | "sigma" | "evaluations">[] = [];
    let last: Images | undefined;
    for await (const frame of model.steps({ count: 3, steps: 3 })) {
      const { index, total, sigma, evaluations } = frame;
      seen.push({ index, total, sigma: Number(sigma.toFixed(4)), evaluations });
      if (index === 2) last = await frame.pixels();
    }
    const sigmas = schedules.karras(3, range);
    expect(seen).toEqual([
      { index: 0, total: 3, sigma: Number(sigmas[1].toFixed(4)), evaluations: 2 },
      { index: 1, total: 3, sigma: Number(sigmas[2].toFixed(4)), evaluations: 4 },
      { index: 2, total: 3, sigma: 0, evaluations: 5 },
    ]);
    expect(last).toEqual(await model.sample({ count: 3, steps: 3 }));
  });

  it("show x, and what the model takes it for", async () => {
    const points = await open({ shape: [2, 1, 1], pixels: { scale: 2, offset: 1 } });
    for await (const frame of points.steps({ count: 2, steps: 4 })) {
      const [x, scaled, denoised] = [
        await frame.pixels("x"),
        await frame.pixels("scaled"),
        await frame.pixels("denoised"),
      ];
      const shrink = 0.25 / (0.25 + frame.sigma ** 2); // Tweedie's formula for N(0, s²)
      scaled.data.forEach((pixel, i) =>
        expect(2 * pixel + 1).toBeCloseTo(Math.sqrt(shrink) * (2 * x.data[i] + 1), 4),
      );
      denoised.data.forEach((pixel, i) => expect(2 * pixel + 1).toBeCloseTo(shrink * (2 * x.data[i] + 1), 4));
    }
    await points.dispose();
  });

  it("can be looked at without changing anything", async () => {
    const request = { count: 2, sampler: "annealed-langevin", steps: 3 } as const;
    const views: Images[] = [];
    for await (const frame of model.steps(request))
      views.push(await frame.pixels("denoised"), await frame.pixels());
    expect(views.at(-1)).toEqual(await model.sample(request));
  });

  it("are past when the next is asked for", async () => {
    let first: Frame | undefined;
    for await (const frame of model.steps({ steps: 2 })) first ??= frame;
    await expect(first?.pixels()).rejects.toThrow("this frame is past");
  });

  it("stop by leaving the loop, and the model goes on", async () => {
    let steps = 0;
    for await (const frame of model.steps({ count: 64, steps: 1000 }))
      if (++steps === 2 && frame.index === 1) break;
    expect(steps).toBe(2);
    expect((await model.sample()).shape).toEqual([1, 1, 4, 4]);
  });

  it("stop by the signal within one step", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    let steps = 0;
    const loop = async (): Promise<void> => {
      for await (const frame of model.steps({ steps: 1000, signal: controller.signal }))
        if ((steps = frame.index + 1) === 3) controller.abort(reason);
    };
    await expect(loop()).rejects.toBe(reason);
    expect(steps).toBe(3);
    await expect(model.sample({ signal: controller.signal })).rejects.toBe(reason);
  });

  it("name the step where x stops being finite, and what may help", async () => {
    const diverging = model.sample({ sampler: "annealed-langevin", steps: 5, options: { epsilon: 3 } });
    await expect(diverging).rejects.toThrow(
      /^annealed-langevin lost itself: x is not finite after step \d+ of 26, sigma [\d.]+; epsilon 3 is unstable/,
    );
  });
});

describe("dispose", () => {
  it("rejects what is under way and what comes after, and may be called twice", async () => {
    const model = await open();
    const under = model.sample({ count: 1000, steps: 1000 }).catch((error: unknown) => error);
    await new Promise((resolve) => setTimeout(resolve, 30));
    await model.dispose();
    expect(await under).toEqual(new Error("the model is disposed"));
    await expect(model.sample()).rejects.toThrow("the model is disposed");
    await model.dispose();
  });
});
