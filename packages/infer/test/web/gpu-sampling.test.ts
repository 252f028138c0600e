/** Sampling on the GPU of a real page: against closed forms and against Node, and what it asks of WebGPU. */
import { join } from "node:path";
import { hostSpace, key, purposes, samplers, split, toPixels, type Card, type SamplerName } from "@ncsn/core";
import { exportModel } from "@ncsn/export";
import { load } from "@ncsn/infer/node";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openChromium } from "../../../../test/browser/chromium.ts";
import { openPageModule, type PageModule } from "../../../../test/browser/page-module.ts";
import { trainedModel, type ModelChoice } from "../../../export/test/trained-model.ts";
import { resolvePlan, type SampleRequest } from "../../src/plan.ts";
import { startShard } from "../../src/shard.ts";
import { gaussianCard, gaussianModel, type GaussianOptions } from "../gaussian-model.ts";
import { countGpuCalls } from "./gpu-calls.ts";
import type * as Page from "./gpu-sampling-page.ts";

const shape = [1, 16, 16] as const;
const imageBytes = 4 * 256;
const plain: GaussianOptions = { shape };
const bound: GaussianOptions = { shape, batch: 4 };
const classed: GaussianOptions = { shape, classes: ["a", "b", "c"] };

function exported(choice: ModelChoice): Uint8Array<ArrayBuffer> {
  const { config, parameters, probe } = trainedModel(choice);
  return Uint8Array.from(exportModel({ config, step: 1, parameters, probe: probe() }));
}
const unet = exported({
  options: { channels: 4, multipliers: [1], embedding: 8, features: 8 },
  shape: [1, 8, 8],
});

let browser: Browser;
let page: PageModule<typeof Page>;
beforeAll(async () => {
  browser = await openChromium();
  page = await openPageModule<typeof Page>(browser, join(import.meta.dirname, "gpu-sampling-page.ts"), {
    before: countGpuCalls,
    files: {
      "plain.onnx": gaussianModel(plain),
      "bound.onnx": gaussianModel(bound),
      "classed.onnx": gaussianModel(classed),
      "unet.onnx": unet,
    },
  });
}, 60_000);
afterAll(async () => {
  await page.close();
  await browser.close();
});

/** The same sampling over arrays, by the closed form. */
async function expected(options: GaussianOptions, request: SampleRequest): Promise<Float32Array> {
  const card: Card = gaussianCard(options);
  const plan = resolvePlan(card, request, 1);
  const { count, first, labels } = plan;
  const space = hostSpace({
    count,
    dimension: 256,
    size: [16, 16],
    key: split(key(plan.seed), purposes.sampling),
    first,
    score: async (x, sigma, out) => {
      x.forEach((value, i) => {
        const image = Math.floor(i / 256);
        const mean = labels ? Math.max(labels[image], 0) : 0;
        const level = typeof sigma === "number" ? sigma : sigma[image];
        out[i] = (mean - value) / (0.25 + level ** 2);
      });
    },
  });
  const shard = await startShard(space, card, plan);
  while (await shard.next());
  return toPixels(card, shard.current!.x);
}

const worst = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce(
    (most, value, i) => Math.max(most, Math.abs(value - b[i])),
    a.length === b.length ? 0 : NaN,
  );

describe("a sampling", () => {
  const heun = { count: 5, seed: 3, first: 2, sampler: "heun", steps: 18 } as const;
  const langevin = { count: 5, seed: 4, sampler: "annealed-langevin", steps: 6 } as const;
  it.each([
    ["heun", "plain", plain, heun, 8],
    ["heun in three runs, the last not full", "plain", plain, heun, 2],
    ["heun by a file for a batch of 4, twice", "bound", bound, heun, 8],
    ["heun by a file for a batch of 4, not full", "bound", bound, { ...heun, count: 3 }, 8],
    ["annealed-langevin", "plain", plain, langevin, 8],
    ["heun of classes in two runs", "classed", classed, { ...heun, label: ["a", "b", -1, "c", "c"] }, 4],
  ] as const)("is what it is over arrays: %s", async (_, file, options, request, batch) => {
    const { pixels, firstLost } = await page.call("sample", `${file}.onnx`, request, batch);
    expect(worst(pixels, await expected(options, request))).toBeLessThan(1e-5);
    expect(firstLost).toBeUndefined();
  });

  it.each(Object.keys(samplers) as SamplerName[])(
    "is what it is over arrays by every sampler: %s",
    async (sampler) => {
      const request = { count: 3, seed: 8, sampler, steps: 5 };
      const { pixels } = await page.call("sample", "plain.onnx", request, 4);
      expect(worst(pixels, await expected(plain, request))).toBeLessThan(1e-4);
    },
  );

  it.each([
    ["plain", { count: 7, sampler: "heun", steps: 12 }],
    ["plain", { count: 9, sampler: "annealed-langevin", steps: 6 }],
    ["unet", { count: 4, sampler: "heun", steps: 4 }],
    ["unet", { count: 4, sampler: "annealed-langevin", steps: 2 }],
  ] as const)("neither reads nor writes a tensor, nor makes a buffer: %s, %j", async (file, request) => {
    const { steps } = await page.call("sample", `${file}.onnx`, request, 16);
    expect(steps.length).toBeGreaterThan(3);
    for (const { maps } of steps) expect(maps).toBe(0);
    const bytes = file === "plain" ? imageBytes : 4 * 64;
    for (const { uploads } of steps.slice(1)) {
      expect(uploads.length).toBeGreaterThan(0); // σ at least: it is counted
      for (const size of uploads) expect(size).toBeLessThan(bytes * request.count);
    }
    for (const { buffers } of steps.slice(2)) expect(buffers).toEqual([]);
  });

  it("of an exported network is Node's", async () => {
    const request = { count: 3, seed: 6, sampler: "heun", steps: 6 } as const;
    const { pixels } = await page.call("sample", "unet.onnx", request, 8);
    const node = await load(unet, { device: "cpu" });
    const { data } = await node.sample(request);
    await node.dispose();
    expect(worst(pixels, data)).toBeLessThan(1e-3);
  });
});

describe("scores", () => {
  const sigmas = [0.02, 0.5, 3, 1, 7];
  const labels = [0, 1, 2, -1, 2];
  it.each([
    ["labels", 8, 1],
    ["nothing", 8, 1],
    ["labels", 2, 1],
    ["labels", 8, 60], // by then the network is captured
    ["nothing", 2, 30],
  ] as const)(
    "are of each image's σ and class: given %s, %s a run, after %s",
    async (given, batch, times) => {
      const values = await page.call("scores", "classed.onnx", sigmas, labels, given, batch, times);
      sigmas.forEach((sigma, image) => {
        const mean = given === "labels" ? Math.max(labels[image], 0) : 0;
        const score = mean / (0.25 + sigma ** 2);
        for (const value of values.slice(256 * image, 256 * image + 256)) expect(value).toBeCloseTo(score, 5);
      });
    },
  );

  it("are handed over in one piece once the network is captured", async () => {
    const request = { count: 6, sampler: "heun", steps: 40 } as const;
    const { pixels, steps } = await page.call("sample", "plain.onnx", request, 8);
    expect(worst(pixels, await expected(plain, request))).toBeLessThan(1e-5);
    const late = steps.slice(25, -1);
    for (const { uploads, buffers, maps } of late) {
      expect(uploads.length).toBe(4); // σ and scalars of ours, twice each
      expect([buffers, maps]).toEqual([[], 0]);
    }
  });

  it("are at most two ahead of the GPU", async () => {
    expect(await page.call("scoresInFlight", "plain.onnx")).toBe(1); // the second waits for the first's end
  });
});

it("gives the page nothing to complain of", () => {
  expect(page.complaints).toEqual([]);
});

it("tells what the device refuses, once", async () => {
  const [first, second] = await page.call("refuse", "plain.onnx");
  expect(first).toMatch(/^DeviceError: the GPU refused: .*destroyed/);
  expect(second).toBe("fulfilled");
});

it("tells of a lost device, at once and ever after", async () => {
  const outcomes = await page.call("loseDevice", "plain.onnx");
  expect(outcomes.length).toBe(4);
  for (const outcome of outcomes) expect(outcome).toMatch(/^DeviceLostError: the GPU was lost: \S/);
});
