import { copyFileSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { load } from "@ncsn/infer/node";
import { openChromium } from "../browser/chromium.ts";
import { finished, openExample, picture, root, temporaryFolder } from "./example-page.ts";

const site = temporaryFolder();
const example = join(root, "examples/plain");
copyFileSync(join(example, "index.html"), join(site.folder, "index.html"));
symlinkSync(join(root, "models/mnist.onnx"), join(site.folder, "mnist.onnx"));
// The commands of its README, with links for copies.
const copies = [...readFileSync(join(example, "README.md"), "utf8").matchAll(/^cp -r (\S+) (\S+)$/gm)];
for (const [, from, to] of copies) symlinkSync(join(root, from), join(site.folder, to));

let browser: Browser;
beforeAll(async () => {
  browser = await openChromium({ webgpu: false });
});
afterAll(async () => {
  await browser.close();
  site.remove();
});

it("shows the images that Node samples, on a phone and on a desk", async () => {
  await using opened = await openExample(browser, site.folder, {
    viewport: { width: 390, height: 844 },
    deviceScaleFactor: 3,
    hasTouch: true,
  });
  const { page, complaints } = opened;
  await page.locator("score-sampler:state(playing)").waitFor();
  await finished(page);
  await picture(page, "plain-phone");
  const tooWide = () => page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  expect(await tooWide()).toBe(false);
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.emulateMedia({ colorScheme: "dark" });
  await picture(page, "plain-desk");
  expect(await tooWide()).toBe(false);
  const ours = await page.evaluate(async () => [
    ...(await document.querySelector("score-sampler")!.sample()).data,
  ]);
  expect(complaints).toEqual([]);

  const node = await load(join(root, "models/mnist.onnx"), { device: "cpu" });
  const { data } = await node.sample({ count: 16 });
  await node.dispose();
  const near = ours.filter((value, i) => Math.abs(Math.round(255 * value) - Math.round(255 * data[i])) <= 1);
  expect(near.length / data.length).toBeGreaterThanOrEqual(0.999);
});
