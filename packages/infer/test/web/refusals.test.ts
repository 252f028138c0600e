/** What a page is told when something is not as it should be: one readable line, of an error of its own class. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openChromium } from "../../../../test/browser/chromium.ts";
import { gaussianModel } from "../gaussian-model.ts";
import { openPage, removeSite, siteOf, type OpenPage } from "./page.ts";

const html = "<!doctype html><title>an index page</title>";
const page = { contentType: "text/html", body: html };
const folder = siteOf({
  "gaussian.onnx": gaussianModel(),
  "flawed.onnx": gaussianModel({ flaw: 1.01 }),
  "other-shape.onnx": gaussianModel({ card: { shape: [1, 4, 5] } }),
  "no-card.onnx": gaussianModel({}, false),
  "truncated.onnx": gaussianModel().subarray(0, 200),
  "broken.onnx": brokenGraph(gaussianModel()),
  "page.html": html,
  "text.onnx": html,
});
/** The file with an operator that does not exist. */
function brokenGraph(bytes: Uint8Array<ArrayBuffer>): Uint8Array {
  const at = Buffer.from(bytes).indexOf("Reshape");
  const broken = Uint8Array.from(bytes);
  broken.set(Buffer.from("Reshake"), at);
  return broken;
}

let browser: Browser;
let opened: OpenPage;
beforeAll(async () => {
  browser = await openChromium();
  opened = await openPage(browser, folder);
});
afterAll(async () => {
  await opened[Symbol.asyncDispose]();
  await browser.close();
  removeSite(folder);
});

/** What `load` throws in a page, as "Name: message". */
function refusal(page: Page, source: string, options: object): Promise<string> {
  return page.evaluate(
    async ([source, options]) => {
      try {
        const model = await window.ncsn.load(source, { device: "wasm", wasmPaths: "ort", ...options });
        await model.dispose();
        return "nothing";
      } catch (error) {
        const { name, message } = error as Error;
        return `${name}: ${message}`;
      }
    },
    [source, options] as const,
  );
}

describe("load refuses", () => {
  it.each([
    ["missing.onnx", "ModelError: cannot download the model URLmissing.onnx: 404 Not Found"],
    [
      "page.html",
      "ModelError: cannot download the model URLpage.html: the answer is a web page, not a model",
    ],
    ["text.onnx", "CardError: this is not an ONNX file"],
    ["truncated.onnx", "CardError: this is not an ONNX file, or it is truncated"],
    ["no-card.onnx", "CardError: no model card in this ONNX file"],
    ["broken.onnx", "ModelError: ONNX Runtime cannot open this network: "],
    ["flawed.onnx", "ModelError: gaussian on wasm: its scores are off by 0.0"],
    ["other-shape.onnx", "ModelError: x of this network is [batch, 1, 4, 4], its card says [batch, 1, 4, 5]"],
    [
      "http://localhost:1/m.onnx",
      "ModelError: cannot download the model http://localhost:1/m.onnx: it cannot be reached",
    ],
    ["http://[", "ModelError: cannot download the model http://[: this is no address"],
  ])("%s", async (source, message) => {
    const found = await refusal(opened.page, source, {});
    expect(found).toContain(message.replace("URL", opened.url));
    expect(found).not.toContain("\n");
  });

  it.each([
    [{ device: "tpu" }, "RangeError: unknown device: tpu (known: auto, webgpu, wasm)"],
    [{ threads: 0 }, "RangeError: invalid threads: 0 (need an integer >= 1)"],
    [
      { wasmPaths: "nowhere" },
      "DeviceError: ONNX Runtime's script cannot be loaded: URLnowhere/ort.wasm.bundle.min.mjs is answered with 404 Not Found",
    ],
  ])("%j", async (options, message) => {
    expect(await refusal(opened.page, "gaussian.onnx", options)).toContain(
      message.replace("URL", opened.url),
    );
  });

  it("WebGPU where the browser has none", async () => {
    await using bare = await openPage(browser, folder, {
      before: "GPU.prototype.requestAdapter = () => Promise.resolve(null);",
    });
    expect(await refusal(bare.page, "gaussian.onnx", { device: "webgpu" })).toBe(
      "DeviceError: webgpu cannot be used: this browser finds no GPU for WebGPU",
    );
    await using none = await openPage(browser, folder, { before: "delete Navigator.prototype.gpu;" });
    expect(await refusal(none.page, "gaussian.onnx", { device: "webgpu" })).toBe(
      "DeviceError: webgpu cannot be used: this browser has no WebGPU",
    );
  });

  const wasm = /^DeviceError: ONNX Runtime does not start: URLort\/ort-wasm-simd-threaded.wasm /;
  const script = /^DeviceError: ONNX Runtime's script cannot be loaded: URLort\/ort.wasm.bundle.min.mjs /;
  it.each<[string, string, object, RegExp, string]>([
    ["a script that is missing", "*.mjs", { status: 404 }, script, "is answered with 404 Not Found"],
    [
      "a page for a script",
      "*.mjs",
      page,
      script,
      "is answered with a web page, not with a script (text/javascript)",
    ],
    [
      "another type of script",
      "*.mjs",
      { contentType: "text/plain", body: "" },
      script,
      "is served as text/plain, and must be a script (text/javascript)",
    ],
    [
      "a .wasm that is missing",
      "*.wasm",
      { status: 404 },
      wasm,
      "is answered with 404 Not Found; wasmPaths must be the folder of onnxruntime-web's files",
    ],
    [
      "a page for a .wasm",
      "*.wasm",
      page,
      wasm,
      "is answered with a web page, not with WebAssembly (application/wasm); wasmPaths must be",
    ],
    [
      "a page for a .wasm, as WebAssembly",
      "*.wasm",
      { ...page, contentType: "application/wasm" },
      wasm,
      "is not WebAssembly (application/wasm); wasmPaths must be",
    ],
  ])("%s", async (_, files, answer, start, end) => {
    await using served = await openPage(browser, folder);
    await served.page.route(`**/ort/${files}`, (route) => route.fulfill(answer));
    const found = await refusal(served.page, "gaussian.onnx", {});
    expect(found.replace(served.url, "URL")).toMatch(start);
    expect(found).toContain(end);
    expect(found).not.toContain("\n");
  });

  it("a worker that is not beside its script", async () => {
    await using served = await openPage(browser, folder);
    await served.page.route("**/ncsn.js", (route) => route.fulfill({ status: 404 })); // the page has it by now
    expect(await refusal(served.page, "gaussian.onnx", {})).toBe(
      `DeviceError: the worker's script cannot be loaded: ${served.url}ncsn/ncsn.js is answered with 404 Not Found`,
    );
  });
});

it("takes a .wasm of any other type", async () => {
  await using served = await openPage(browser, folder);
  await served.page.route("**/*.wasm", async (route) => {
    const response = await route.fetch();
    await route.fulfill({
      response,
      headers: { ...response.headers(), "content-type": "application/octet-stream" },
    });
  });
  expect(await refusal(served.page, "gaussian.onnx", {})).toBe("nothing");
});
