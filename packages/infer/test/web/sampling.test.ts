/** Sampling in a page, against Node. It is long because its tests share one browser and one site. */
import { readFileSync } from "node:fs";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { load } from "@ncsn/infer/node";
import { openChromium } from "../../../../test/browser/chromium.ts";
import { gaussianModel } from "../gaussian-model.ts";
import { openPage, removeSite, siteOf } from "./page.ts";

const mnist = readFileSync(new URL("../../../../models/mnist.onnx", import.meta.url));
const folder = siteOf({ "gaussian.onnx": gaussianModel(), "mnist.onnx": mnist });
let browser: Browser;
beforeAll(async () => {
  browser = await openChromium();
});
afterAll(async () => {
  await browser.close();
  removeSite(folder);
});

describe("the digits of one seed are Node's", () => {
  /** By the card's own sampler, in few steps. */
  const request = { seed: 7, steps: 12 } as const;
  let expected: Float32Array;
  beforeAll(async () => {
    const model = await load(mnist, { device: "cpu" });
    expected = (await model.sample({ ...request, count: 4 })).data;
    await model.dispose();
  });

  // A GPU in software takes half a second for a score: half a minute.
  it.each([
    ["wasm", 4, 0.999],
    ["webgpu", 4, 0.99],
  ] as const)(
    "on %s, %s of them: %s of the pixels within one level of 256",
    async (device, count, part) => {
      await using opened = await openPage(browser, folder);
      const data = await opened.page.evaluate(
        async ([device, request]) => {
          const model = await window.ncsn.load("mnist.onnx", { device, wasmPaths: "ort", verify: false });
          const { data } = await model.sample(request);
          await model.dispose();
          return [...data];
        },
        [device, { ...request, count }] as const,
      );
      expect(data.length).toBe(784 * count);
      const level = (pixel: number): number => Math.round(255 * pixel);
      const near = data.filter((pixel, i) => Math.abs(level(pixel) - level(expected[i])) <= 1).length;
      console.log(`${device}: ${near} of ${data.length} pixels within one level of Node's`);
      expect(near / data.length).toBeGreaterThanOrEqual(part);
      expect(opened.complaints).toEqual([]);
    },
    300_000,
  );
});

describe("device auto", () => {
  /** What `auto` chose where the browser does not say that its GPU is software. */
  const chosen = async (beforeWorkers?: string): Promise<unknown> => {
    await using opened = await openPage(browser, folder, {
      before: 'Object.defineProperty(GPUAdapterInfo.prototype, "isFallbackAdapter", { value: false });',
      ...(beforeWorkers !== undefined && { beforeWorkers }),
    });
    return await opened.page.evaluate(async () => {
      const patience = 100; // a GPU in software may take its time
      const model = await window.ncsn.load("gaussian.onnx", { wasmPaths: "ort", threads: 1, patience });
      await model.sample();
      await model.dispose();
      return model.device;
    });
  };

  it("leaves a GPU in software alone", async () => {
    await using opened = await openPage(browser, folder);
    const device = await opened.page.evaluate(async () => {
      const model = await window.ncsn.load("gaussian.onnx", { wasmPaths: "ort", threads: 3 });
      await model.dispose();
      return model.device;
    });
    const reason = expect.stringMatching(/^google swiftshader.*, in software: slower than WASM$/) as string;
    expect(device).toEqual({ name: "wasm", threads: 3, workers: 3, unused: [{ name: "webgpu", reason }] });
  });

  it("times a GPU that gives the right scores", async () => {
    const reason = expect.stringMatching(
      /^no faster here: 16 scores take webgpu [\d.]+ ms, wasm [\d.]+ ms$/,
    ) as string;
    expect(await chosen()).toEqual({
      name: "wasm",
      threads: 1,
      workers: 1,
      unused: [{ name: "webgpu", reason }],
    });
  });

  it("says so where a GPU gives wrong scores, and refuses it by name", async () => {
    // Every number that the host gives the GPU is off by one in a hundred.
    const sabotage = `
      const { writeBuffer } = GPUQueue.prototype;
      GPUQueue.prototype.writeBuffer = function (buffer, offset, data, ...rest) {
        return writeBuffer.call(this, buffer, offset, data instanceof Float32Array ? data.map((x) => 1.01 * x) : data, ...rest);
      };`;
    const wrong =
      /its scores are off by 0\.0\d+ of their rms on the probe in the card \(tolerance 0\.00001\)$/;
    const reason = expect.stringMatching(wrong) as string;
    expect(await chosen(sabotage)).toMatchObject({ name: "wasm", unused: [{ name: "webgpu", reason }] });
    await using opened = await openPage(browser, folder, { beforeWorkers: sabotage });
    const refused = await opened.page.evaluate(async () => {
      const options = { device: "webgpu", wasmPaths: "ort" } as const;
      const error = await window.ncsn.load("gaussian.onnx", options).catch((error: unknown) => error);
      return error instanceof window.ncsn.DeviceError && error.message;
    });
    expect(refused).toMatch(/^webgpu cannot be used for gaussian: its scores are off by/);
    expect(refused).toMatch(wrong);
  });
});

describe.each(["wasm", "webgpu"] as const)("on %s a page", (device) => {
  it("stops within one step, and goes on", async () => {
    await using opened = await openPage(browser, folder);
    const found = await opened.page.evaluate(async (device) => {
      const model = await window.ncsn.load("gaussian.onnx", { device, wasmPaths: "ort", threads: 1 });
      const controller = new AbortController();
      const { signal } = controller;
      let steps = 0;
      const loop = async (): Promise<void> => {
        for await (const frame of model.steps({ steps: 1000, signal }))
          if ((steps = frame.index + 1) === 3) controller.abort("enough");
      };
      const looped = await loop().catch((reason: unknown) => reason);
      // Where nobody watches, in the middle of steps that would take minutes: what comes next is not kept waiting.
      const second = new AbortController();
      const long = {
        count: 8,
        steps: 1_000_000,
        sampler: "annealed-langevin",
        signal: second.signal,
      } as const;
      setTimeout(() => second.abort("enough"), 100);
      const sampled = await model.sample(long).catch((reason: unknown) => reason);
      const start = performance.now();
      const { shape } = await model.sample({ count: 2, steps: 1 });
      const waited = performance.now() - start;
      const loading = window.ncsn.load("gaussian.onnx", { device, signal: AbortSignal.abort("not now") });
      const loaded = await loading.catch((reason: unknown) => reason);
      await model.dispose();
      const disposed = await model.sample().catch((error: unknown) => (error as Error).message);
      return { steps, looped, sampled, shape, waited, loaded, disposed };
    }, device);
    const { waited, ...rest } = found;
    expect(waited).toBeLessThan(20_000);
    expect(rest).toEqual({
      steps: 3,
      looped: "enough",
      sampled: "enough",
      shape: [2, 1, 4, 4],
      loaded: "not now",
      disposed: "the model is disposed",
    });
    expect(opened.complaints).toEqual([]);
  });

  it("names the step where x stops being finite", async () => {
    await using opened = await openPage(browser, folder);
    const message = await opened.page.evaluate(async (device) => {
      const model = await window.ncsn.load("gaussian.onnx", { device, wasmPaths: "ort", threads: 1 });
      const diverging = model.sample({ sampler: "annealed-langevin", steps: 5, options: { epsilon: 3 } });
      const error = await diverging.catch((error: unknown) => error);
      await model.dispose();
      return error instanceof window.ncsn.SamplingError && error.message;
    }, device);
    expect(message).toMatch(
      /^annealed-langevin lost itself: x is not finite after step \d+ of 26, sigma [\d.]+; epsilon 3 is unstable/,
    );
  });
});

/**
 * Counts the arrays that a worker makes, as large as ten images or larger: ONNX Runtime's output at every run, and what
 * would be ours.
 */
const countArrays = `
  const Real = Float32Array;
  self.made = 0;
  self.Float32Array = new Proxy(Real, {
    construct(target, [what, ...rest], newTarget) {
      const result = Reflect.construct(target, [what, ...rest], newTarget);
      if (result.length >= 160 && (typeof what === "number" || what instanceof Real)) self.made += 1;
      return result;
    },
  });
  Real.prototype.constructor = self.Float32Array;`;

/** Lets `made()` of the page ask how many there were. */
async function exposeCount(page: Page): Promise<void> {
  await page.exposeFunction("made", () =>
    page.workers()[0].evaluate(() => (self as unknown as { made: number }).made),
  );
}

declare global {
  /** See {@link exposeCount}. */
  function made(): Promise<number>;
}

it("allocates nothing of ours per step on WASM", async () => {
  await using opened = await openPage(browser, folder, { beforeWorkers: countArrays });
  await exposeCount(opened.page);
  const counts = await opened.page.evaluate(async () => {
    const model = await window.ncsn.load("gaussian.onnx", { device: "wasm", wasmPaths: "ort", threads: 1 });
    const counts: number[] = [];
    for await (const frame of model.steps({ count: 10, steps: 8 }))
      if (frame.index > 0) counts.push(await made());
    await model.dispose();
    return counts;
  });
  const each = counts.slice(1, -1).map((count, i) => count - counts[i]);
  expect(each).toEqual([2, 2, 2, 2, 2]); // two scores of Heun's method
});

it("stops in the middle of a step on WASM, between two runs of the network", async () => {
  await using opened = await openPage(browser, folder, { beforeWorkers: countArrays });
  await exposeCount(opened.page);
  const runs = 40_000; // of the first score
  const found = await opened.page.evaluate(async (runs) => {
    const model = await window.ncsn.load("gaussian.onnx", { device: "wasm", wasmPaths: "ort", threads: 1 });
    const controller = new AbortController();
    const request = { count: 10 * runs, batch: 10, steps: 2, signal: controller.signal };
    const before = await made();
    const stepping = model.steps(request).next();
    while ((await made()) - before < 100);
    controller.abort("enough");
    const reason = await stepping.catch((reason: unknown) => reason);
    await model.sample(); // what comes next
    const after = await made();
    await model.dispose();
    return { reason, ran: after - before };
  }, runs);
  expect(found.reason).toBe("enough");
  expect(found.ran).toBeLessThan(runs);
});

it("leaves the page free to draw", async () => {
  await using opened = await openPage(browser, folder);
  const found = await opened.page.evaluate(async () => {
    const model = await window.ncsn.load("mnist.onnx", { device: "wasm", wasmPaths: "ort", threads: 1 });
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 4);
    const start = performance.now();
    await model.sample({ count: 2, steps: 6 });
    const milliseconds = performance.now() - start;
    clearInterval(timer);
    await model.dispose();
    return { turns, milliseconds };
  });
  expect(found.turns).toBeGreaterThan(5);
});
