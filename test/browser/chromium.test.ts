import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { complaintsOf, openChromium } from "./chromium.ts";
import { serve } from "./serve.ts";

let browser: Browser;
const folder = mkdtempSync(join(tmpdir(), "ncsn-serve-"));
writeFileSync(join(folder, "index.html"), "<!doctype html><link rel=icon href=data:,><title>a page</title>");

beforeAll(async () => {
  browser = await openChromium();
});
afterAll(async () => {
  await browser.close();
  rmSync(folder, { recursive: true });
});

it.each([true, false])("serves a page that is cross-origin isolated: %s", async (isolated) => {
  const served = await serve(folder, { isolated });
  const page = await browser.newPage();
  const complaints = complaintsOf(page);
  await page.goto(served.url);
  expect(await page.title()).toBe("a page");
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(isolated);
  expect(complaints).toEqual([]);
  await page.evaluate(() => fetch("missing.onnx"));
  await expect.poll(() => complaints.length).toBe(1); // a 404 is one, so that no example can hide it
  await served.close();
});

it("has WebGPU", async () => {
  const served = await serve(folder);
  const page = await browser.newPage();
  await page.goto(served.url);
  expect(await page.evaluate(async () => (await navigator.gpu.requestAdapter())?.info.vendor)).toBe("google");
  await served.close();
});
