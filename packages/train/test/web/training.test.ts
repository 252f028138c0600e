/** Training in a real page, against the same run in this process. */
import { join } from "node:path";
import { networks, proceduralDatasets, readCard, recipes, type RunConfig } from "@ncsn/core";
import { load } from "@ncsn/infer/node";
import { runConfig, train } from "@ncsn/train";
import type { TrainInPageOptions } from "@ncsn/train/web";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openChromium } from "../../../../test/browser/chromium.ts";
import { openPageModule, type PageModule } from "../../../../test/browser/page-module.ts";
import { dataKey } from "../../src/batches.ts";
import { openEngine } from "../tiny-config.ts";
import type * as Page from "./training-page.ts";

let browser: Browser;
let page: PageModule<typeof Page>;
beforeAll(async () => {
  browser = await openChromium({ webgpu: false });
  page = await openPageModule<typeof Page>(browser, join(import.meta.dirname, "training-page.ts"), {
    withRuntime: true,
  });
}, 60_000);
afterAll(async () => {
  await page.close();
  await browser.close();
});

const options = { data: "mixture", mlp: { width: 16, layers: 1, features: 8 }, seed: 4 } as const;

it("gives the losses and the scores that Node gives, and a file that verifies itself", async () => {
  const steps = 12;
  const at = [5, 5, -4, -6, 0, 1];
  const { moments, scores, file } = await page.call("train", { ...options, steps, batch: 32 }, at, 0.7);
  expect(moments.at(-1)?.step).toBe(steps);

  const network = { name: "mlp", options: { ...networks.mlp.defaults, ...options.mlp } } as const;
  const dataset = proceduralDatasets.mixture(dataKey(4));
  const choices = { name: "trained-here", recipe: recipes.edm, network, dataset, seed: 4, batch: 32 };
  const config: RunConfig = runConfig({ ...choices, steps, rate: 5e-3 });
  const engine = await openEngine(config);
  const losses: number[] = [];
  for await (const { loss } of train({ config, engine, dataset })) losses.push(loss);
  let from = 0;
  for (const { step, loss } of moments) {
    const mean = losses.slice(from, step).reduce((a, b) => a + b, 0) / (step - from);
    expect(Math.abs(loss - mean)).toBeLessThan(1e-4 * mean);
    from = step;
  }

  const { scale, offset } = config.pixels;
  const x = Float32Array.from(at, (value) => scale * value + offset);
  const expected = await engine.score(x, new Float64Array(3).fill(scale * 0.7), "ema");
  await engine.dispose();
  expected.forEach((value, i) => expect(Math.abs(scores[i] - scale * value)).toBeLessThan(1e-3));

  const bytes = Uint8Array.from(file);
  expect(readCard(bytes).training).toMatchObject({ dataset: "mixture", step: steps });
  const model = await load(bytes, { device: "cpu" });
  expect(await model.verify()).toBeLessThan(1e-4);
  await model.dispose();
}, 60_000);

it("learns points of the page's own, towards a score that points at them", async () => {
  // All data lie on a short line about (3, −1): wherever one stands, the score points there.
  const points = Float32Array.from({ length: 200 }, (_, i) =>
    i % 2 === 0 ? 3 + (i % 7) / 20 : -1 + (i % 5) / 20,
  );
  const wanted = { ...options, steps: 150, batch: 64, rate: 1e-2 };
  const { moments, scores } = await page.call("trainPoints", [...points], wanted, [3.1, 0.5, 3.1, -2.5], 0.5);
  expect(moments.at(-1)?.loss).toBeLessThan(0.8 * moments[0].loss);
  expect(scores[1]).toBeLessThan(0);
  expect(scores[3]).toBeGreaterThan(0);
}, 60_000);

it("stops when nobody asks, and goes on where it was", async () => {
  expect(await page.call("pause", { ...options, steps: 5, batch: 8 })).toEqual([1, 2]);
});

it("leaves no call without an answer when it is ended", async () => {
  expect(await page.call("askAndDispose", { ...options, steps: 5000, batch: 8 })).toBe(
    "ended; Error: the run is disposed of",
  );
});

it("leaves no call without an answer when its worker fails", async () => {
  const failed = "Error: the worker of training failed: out of memory";
  expect(await page.call("failAmid", { ...options, steps: 1e6, batch: 8 })).toEqual([failed, failed]);
});

it("says what is wrong", async () => {
  const refused = (wrong: Partial<TrainInPageOptions>) => page.call("refusal", { ...options, ...wrong });
  expect(await refused({ data: "glyphs" })).toContain(
    "invalid data: glyphs is [1, 28, 28] (need points, [2, 1, 1])",
  );
  expect(await refused({ data: "moons" as "mixture" })).toContain(
    "unknown dataset: moons (known: glyphs, gaussian",
  );
  expect(await page.call("refusePoints", [1, 2, 3])).toContain(
    "invalid points: 3 numbers (need x and y of at least two points)",
  );
  expect(await refused({ wasmPaths: "nowhere/" })).toMatch(
    /ONNX Runtime does not start|no available backend/,
  );
});
