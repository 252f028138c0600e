/** dist/browser as it is published: small, alone, and at home on any server. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { samplers as registry, type SamplerName } from "@ncsn/core";
import { load } from "@ncsn/infer/node";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { importsOf } from "../../../../test/architecture.ts";
import { openChromium } from "../../../../test/browser/chromium.ts";
import { serve } from "../../../../test/browser/serve.ts";
import { gaussianModel } from "../gaussian-model.ts";
import { openPage, removeSite, siteOf } from "./page.ts";

const dist = join(import.meta.dirname, "../../dist/browser");
const scripts = readdirSync(dist, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".js"))
  .map((file) => file.replaceAll("\\", "/"))
  .sort();
const samplers = scripts.filter((script) => script.startsWith("samplers/"));
const element = (device: string) => `<!doctype html><link rel=icon href=data:,><title>a page</title>
<script type=module src=ncsn/score-sampler.js></script>
<score-sampler src=gaussian.onnx wasm-paths=ort/ device=${device} duration=0 autoplay></score-sampler>`;
const folder = siteOf({
  "gaussian.onnx": gaussianModel(),
  "wasm.html": element("wasm"),
  "webgpu.html": element("webgpu"),
});
let browser: Browser;
beforeAll(async () => {
  browser = await openChromium();
});
afterAll(async () => {
  await browser.close();
  removeSite(folder);
});

/** Bytes of scripts, compressed. */
const sizeOf = (...scripts: readonly string[]): number =>
  scripts.reduce((sum, file) => sum + gzipSync(readFileSync(join(dist, file)), { level: 9 }).length, 0);

it("has a script of at most 1.5 kB, compressed, for every sampler", () => {
  console.log(scripts.map((script) => `${script}: ${sizeOf(script)} bytes compressed`).join(", "));
  expect(samplers.length).toBeGreaterThan(10);
  for (const sampler of samplers) expect(sizeOf(sampler), sampler).toBeLessThanOrEqual(1_500);
});

it.each([
  { device: "wasm", fetched: ["samplers/heun.js", "score-sampler.js"], most: 25_000 },
  { device: "webgpu", fetched: ["samplers/heun.js", "score-sampler.js", "webgpu.js"], most: 31_000 },
])(
  "is at most $most bytes in a page with the element on $device, compressed: $fetched",
  async ({ device, fetched, most }) => {
    const served = await serve(folder);
    const context = await browser.newContext();
    try {
      const requests = new Set<string>();
      context.on("request", (request) => requests.add(request.url()));
      const page = await context.newPage();
      await page.goto(`${served.url}${device}.html`);
      await page.locator("score-sampler:state(complete)").waitFor();
      const own = [...requests].flatMap((url) => url.split(`${served.url}ncsn/`).slice(1)).sort();
      expect(own).toEqual(fetched);
      console.log(`a page with the element on ${device}: ${sizeOf(...own)} bytes compressed`);
      expect(sizeOf(...own)).toBeLessThanOrEqual(most);
    } finally {
      await context.close();
      await served.close();
    }
  },
);

it("imports nothing but lazily: its own parts by name, and ONNX Runtime from an address", () => {
  const importsIn = (file: string): string[] =>
    importsOf(file, readFileSync(join(dist, file), "utf8")).map(({ from, kind }) => `${kind} ${from}`);
  const parts = ["control.js", ...samplers, "webgpu.js"];
  const lazy = ["lazy undefined", ...parts.map((script) => `lazy ./${script}`)].sort();
  expect(scripts).toEqual([...parts, "ncsn.js", "score-sampler.js"].sort());
  for (const script of ["ncsn.js", "score-sampler.js"]) expect(importsIn(script).sort()).toEqual(lazy);
  for (const script of parts) expect(importsIn(script)).toEqual([]);
});

it("samples what Node does, by every sampler's script and by that of control", async () => {
  const names = Object.keys(registry) as SamplerName[];
  await using opened = await openPage(browser, folder);
  const inPage = await opened.page.evaluate(async (names) => {
    const model = await window.ncsn.load("gaussian.onnx", { device: "wasm", threads: 1, wasmPaths: "ort" });
    const known = { image: new Float32Array(16).fill(0.25), mask: new Float32Array(16).fill(1, 8) };
    const requests = [...names.map((sampler) => ({ sampler, steps: 3 })), { steps: 3, inpaint: known }];
    const images: number[][] = [];
    for (const request of requests) images.push([...(await model.sample({ ...request, seed: 3 })).data]);
    await model.dispose();
    return images;
  }, names);
  const model = await load(gaussianModel(), { device: "cpu", threads: 1 });
  for (const [i, sampler] of names.entries()) {
    const { data } = await model.sample({ sampler, steps: 3, seed: 3 });
    inPage[i].forEach((pixel, at) => expect(pixel, `${sampler}, pixel ${at}`).toBeCloseTo(data[at], 4));
  }
  await model.dispose();
  expect(inPage).toHaveLength(names.length + 1);
  expect(inPage[names.length].slice(8)).toEqual(Array.from({ length: 8 }, () => 0.25));
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
