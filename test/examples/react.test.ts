import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openChromium } from "../browser/chromium.ts";
import { buildExample, finished, openExample, picture, temporaryFolder } from "./example-page.ts";

const site = temporaryFolder();
let browser: Browser;
beforeAll(async () => {
  [browser] = await Promise.all([openChromium({ webgpu: false }), buildExample("react", site.folder)]);
});
afterAll(async () => {
  await browser.close();
  site.remove();
});

it("sets properties and hears events of the element", async () => {
  await using opened = await openExample(browser, site.folder, { viewport: { width: 390, height: 800 } });
  const { page, complaints } = opened;
  await page.getByLabel("Images").selectOption("1");
  await page.getByLabel("Steps").selectOption("4");
  await page.getByText("Finished: seed 0").waitFor({ timeout: 50_000 });
  await finished(page);
  await picture(page, "react");
  const { count, steps, shape } = await page.evaluate(async () => {
    const element = document.querySelector("score-sampler")!;
    const { shape } = await element.sample();
    return { count: element.count, steps: element.steps, shape };
  });
  expect({ count, steps, shape }).toEqual({ count: 1, steps: 4, shape: [1, 1, 28, 28] });
  expect(complaints).toEqual([]);
});
