/** A GPU that goes away under a model: what was under way goes on with another one, once. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openChromium } from "../../../../test/browser/chromium.ts";
import { gaussianModel } from "../gaussian-model.ts";
import { openPage, removeSite, siteOf } from "./page.ts";

const folder = siteOf({ "gaussian.onnx": gaussianModel() });
let browser: Browser;
beforeAll(async () => {
  browser = await openChromium();
});
afterAll(async () => {
  await browser.close();
  removeSite(folder);
});

/** Remembers the devices of a worker, so that the test can destroy them. */
const beforeWorkers = `
  const { requestDevice } = GPUAdapter.prototype;
  self.devices = [];
  GPUAdapter.prototype.requestDevice = async function (...options) {
    const device = await requestDevice.apply(this, options);
    self.devices.push(device);
    return device;
  };`;

/** Lets \`lose()\` of the page destroy every device there is. */
async function exposeLoss(page: Page): Promise<void> {
  await page.exposeFunction("lose", async () => {
    for (const worker of page.workers())
      await worker.evaluate(() => {
        for (const device of (self as unknown as { devices: GPUDevice[] }).devices) device.destroy();
      });
  });
}

declare global {
  /** See {@link exposeLoss}. */
  function lose(): Promise<void>;
}

it("goes on where it was, and gives up the second time", async () => {
  await using opened = await openPage(browser, folder, { beforeWorkers });
  const { page } = opened;
  await exposeLoss(page);
  const found = await page.evaluate(async () => {
    const model = await window.ncsn.load("gaussian.onnx", { device: "webgpu", wasmPaths: "ort" });
    const request = {
      count: 3,
      seed: 5,
      sampler: "annealed-langevin",
      steps: 6,
      options: { stepsPerLevel: 1 },
    } as const;
    /** The last images of a loop, at some of whose steps the device is lost; or the error. */
    const sample = async (...losses: readonly number[]): Promise<unknown> => {
      const seen: number[] = [];
      let last: Float32Array | undefined;
      try {
        for await (const frame of model.steps(request)) {
          seen.push(frame.index);
          if (losses.includes(frame.index)) await lose();
          last = (await frame.pixels()).data;
        }
        return { seen: seen.join(), last: last?.join() };
      } catch (error) {
        const { name, message } = error as Error;
        return { seen: seen.join(), name, message };
      }
    };
    const whole = await sample();
    const once = await sample(2);
    const twice = await sample(1, 3);
    await lose(); // while nothing is under way
    const later = (await model.sample(request)).data.join();
    const score = (await model.score(new Float32Array(16).fill(1), 1))[0];
    await model.dispose();
    return { whole, once, twice, later, score };
  });
  expect(found.whole).toMatchObject({ seen: "0,1,2,3,4,5,6" });
  expect(found.once).toEqual(found.whole);
  expect(found.twice).toEqual({
    seen: "0,1,2,3",
    name: "DeviceError",
    message: expect.stringMatching(/^webgpu was lost twice in the same work: [^\n]+$/) as string,
  });
  expect(found.later).toBe((found.whole as { last: string }).last);
  expect(found.score).toBeCloseTo(-0.8, 5);
  expect(opened.complaints).toEqual([]);
});
