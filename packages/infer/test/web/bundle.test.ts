/** dist/browser as it is published: small, alone, and at home on any server. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { importsOf } from "../../../../test/architecture.ts";
import { openChromium } from "../../../../test/browser/chromium.ts";
import { serve } from "../../../../test/browser/serve.ts";
import { gaussianModel } from "../gaussian-model.ts";
import { openPage, removeSite, siteOf } from "./page.ts";

const dist = join(import.meta.dirname, "../../dist/browser");
const scripts = readdirSync(dist).filter((file) => file.endsWith(".js"));
const folder = siteOf({ "gaussian.onnx": gaussianModel() });
let browser: Browser;
beforeAll(async () => {
  browser = await openChromium();
});
afterAll(async () => {
  await browser.close();
  removeSite(folder);
});

it("is at most 25 kB of ours in a page and its worker, compressed", () => {
  const sizes = scripts.map((file) => gzipSync(readFileSync(join(dist, file)), { level: 9 }).length);
  console.log(scripts.map((file, i) => `${file}: ${sizes[i]} bytes compressed`).join(", "));
  expect(sizes[scripts.indexOf("ncsn.js")]).toBeLessThanOrEqual(25_000);
});

it("is one file, which the element imports, and has ONNX Runtime from an address", () => {
  const importsIn = (file: string): unknown[] =>
    importsOf(file, readFileSync(join(dist, file), "utf8")).map(({ from, kind }) => [from, kind]);
  expect(scripts.sort()).toEqual(["ncsn.js", "score-sampler.js"]);
  expect(importsIn("ncsn.js")).toEqual([[undefined, "lazy"]]);
  expect(importsIn("score-sampler.js")).toEqual([["./ncsn.js", "static"]]);
});

/** What docs/web.md says that a page's policy must allow. */
const policy = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
].join("; ");

it("runs under the content security policy of the guide, on both devices", async () => {
  const headers = { "Content-Security-Policy": policy };
  await using opened = await openPage(browser, folder, { headers, isolated: false });
  const devices = await opened.page.evaluate(async () => {
    const devices: string[] = [];
    for (const device of ["wasm", "webgpu"] as const) {
      const model = await window.ncsn.load("gaussian.onnx", { device, wasmPaths: "ort" });
      await model.sample({ count: 2 });
      devices.push(model.device.name);
      await model.dispose();
    }
    return devices;
  });
  expect(devices).toEqual(["wasm", "webgpu"]);
  expect(opened.complaints).toEqual([]);
});

it.each([true, false])("works from another server than the page's, isolated: %s", async (isolated) => {
  const headers = { "Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin" };
  const cdn = await serve(folder, { headers });
  const site = siteOf({
    "gaussian.onnx": gaussianModel(),
    "page.js": `window.ncsn = await import("${cdn.url}ncsn/ncsn.js");`,
  });
  try {
    const { origin } = new URL(cdn.url);
    const policy = `script-src 'self' ${origin} 'wasm-unsafe-eval'; worker-src blob: ${origin}; connect-src 'self' ${origin}`;
    const options = { isolated, headers: { "Content-Security-Policy": policy } };
    await using opened = await openPage(browser, site, options);
    const mean = await opened.page.evaluate(async (wasmPaths) => {
      const model = await window.ncsn.load("gaussian.onnx", { device: "wasm", threads: 2, wasmPaths });
      const { data } = await model.sample({ count: 200 });
      await model.dispose();
      return data.reduce((sum, value) => sum + value) / data.length;
    }, `${cdn.url}ort`);
    expect(mean).toBeCloseTo(0.5, 1);
    expect(opened.complaints).toEqual([]);
  } finally {
    await cdn.close();
    removeSite(site);
  }
});
