import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { gaussianModel } from "../../packages/infer/test/gaussian-model.ts";
import { openChromium } from "../browser/chromium.ts";
import { buildExample, openExample, picture, temporaryFolder } from "./example-page.ts";

const site = temporaryFolder();
let browser: Browser;
beforeAll(async () => {
  [browser] = await Promise.all([openChromium(), buildExample("vite", site.folder)]);
});
afterAll(async () => {
  await browser.close();
  site.remove();
});

it.each(["wasm", "webgpu"])("draws what it samples on %s", async (device) => {
  await using opened = await openExample(browser, site.folder, { viewport: { width: 390, height: 700 } });
  const { page, complaints } = opened;
  // A small model in the place of the digits, which would take WebGPU in software minutes.
  await page.route("**/*.onnx", (route) =>
    route.fulfill({ body: Buffer.from(gaussianModel({ shape: [1, 28, 28], deviation: 0.2 })) }),
  );
  await page.goto(`${page.url()}?device=${device}`);
  const output = page.locator("output");
  await output.filter({ hasText: `s on ${device}` }).waitFor({ timeout: 50_000 });
  await picture(page, `vite-${device}`);
  const look = () =>
    page.evaluate(() => {
      const canvas = document.querySelector("canvas")!;
      const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
      return { width: canvas.width, opacities: Array.from(data).filter((_, i) => i % 4 === 3) };
    });
  const first = await look();
  expect(first.width).toBe(112);
  expect(new Set(first.opacities).size).toBeGreaterThan(20);
  await page.getByRole("button").click(); // the next seed
  await expect.poll(async () => (await look()).opacities).not.toEqual(first.opacities);
  expect(complaints).toEqual([]);
});
