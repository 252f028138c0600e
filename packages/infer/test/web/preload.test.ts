import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { openChromium } from "../../../../test/browser/chromium.ts";
import { gaussianModel } from "../gaussian-model.ts";
import { openPage, removeSite, siteOf, type OpenPage } from "./page.ts";

const folder = siteOf({});
/** What the model's server has, and what it was asked. */
let file: Uint8Array = gaussianModel();
let etag = '"one"';
let asked: string[] = [];
let server: Server;
let browser: Browser;
let opened: OpenPage;
let model: string;

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(request.method ?? "");
    const headers = {
      "Access-Control-Allow-Origin": "*",
      "Access-Control-Expose-Headers": "ETag",
      ETag: etag,
    };
    response.writeHead(200, { ...headers, "Content-Length": file.length, "Cache-Control": "no-store" });
    if (request.method === "HEAD") response.end();
    else {
      response.write(file.subarray(0, 100));
      // The second half comes late, so that there is a middle to look at.
      setTimeout(() => response.end(file.subarray(100)), 100);
    }
  }).listen(0);
  model = `http://localhost:${(server.address() as AddressInfo).port}/gaussian.onnx`;
  browser = await openChromium();
  opened = await openPage(browser, folder);
});
afterAll(async () => {
  await opened[Symbol.asyncDispose]();
  await browser.close();
  server.closeAllConnections();
  server.close();
  removeSite(folder);
});
beforeEach(() => {
  asked = [];
});

/** The progress of a preload; or what it throws. */
const preload = (): Promise<unknown> =>
  opened.page.evaluate(async (model) => {
    const seen: [number, number | undefined][] = [];
    try {
      for await (const { loaded, total } of window.ncsn.preload(model)) seen.push([loaded, total]);
      return seen;
    } catch (error) {
      return String(error);
    }
  }, model);

const load = (): Promise<string> =>
  opened.page.evaluate(async (url) => {
    const model = await window.ncsn.load(url, { device: "wasm", threads: 1, wasmPaths: "ort" });
    await model.dispose();
    return model.card.name;
  }, model);

it("shows how far it is, and keeps what it has downloaded for load", async () => {
  const size = file.length;
  expect(await preload()).toEqual([
    [100, size],
    [size, size],
  ]);
  expect(asked).toEqual(["GET"]);
  expect(await load()).toBe("gaussian");
  expect(await preload()).toEqual([[size, size]]);
  expect(asked).toEqual(["GET", "HEAD", "HEAD"]);
  expect(
    await opened.page.evaluate(async () => (await (await caches.open("ncsn-models")).keys()).length),
  ).toBe(1);
});

it("sees that the file has changed", async () => {
  [file, etag] = [gaussianModel({ card: { name: "another" } }), '"two"'];
  expect(await load()).toBe("another");
  expect(asked).toEqual(["HEAD", "GET"]);
});

it("keeps nothing that is no model", async () => {
  [file, etag] = [Buffer.from("x".repeat(200)), '"three"'];
  expect(await preload()).toContain("CardError: no model card in this ONNX file");
  [file, etag] = [gaussianModel(), '"four"'];
  asked = [];
  expect(await load()).toBe("gaussian");
  expect(asked).toEqual(["HEAD", "GET"]);
});

it("ends when nobody wants it any more, and says when it breaks off", async () => {
  etag = '"five"';
  const found = await opened.page.evaluate(async (model) => {
    for await (const { loaded } of window.ncsn.preload(model)) if (loaded > 0) break;
    const controller = new AbortController();
    const loop = async (): Promise<void> => {
      for await (const _ of window.ncsn.preload(model, { signal: controller.signal }))
        controller.abort("enough");
    };
    return loop().catch((reason: unknown) => reason);
  }, model);
  expect(found).toBe("enough");
  expect(
    await opened.page.evaluate(async (model) => (await caches.match(model))?.headers.get("etag"), model),
  ).toBe('"one"');
  server.on("connection", (socket) => setTimeout(() => socket.destroy(), 50));
  server.closeIdleConnections();
  expect(await preload()).toBe(`ModelError: cannot download the model ${model}: it broke off`);
});
