import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { exportModel, halfModel } from "@ncsn/export";
import { load } from "@ncsn/infer/node";
import { openChromium } from "../../../../test/browser/chromium.ts";
import { trainedModel } from "../../../export/test/trained-model.ts";
import { gaussianModel } from "../gaussian-model.ts";
import { openPage, removeSite, siteOf } from "./page.ts";

/** A network with float16 weights. */
const half = ((): Uint8Array<ArrayBuffer> => {
  const options = { width: 40, layers: 2 };
  const { config, parameters, probe } = trainedModel({ network: "mlp", options, shape: [2, 1, 1] });
  return Uint8Array.from(halfModel(exportModel({ config, step: 1, parameters, probe: probe() })));
})();
const folder = siteOf({ "gaussian.onnx": gaussianModel(), "half.onnx": half });
let browser: Browser;
beforeAll(async () => {
  browser = await openChromium();
});
afterAll(async () => {
  await browser.close();
  removeSite(folder);
});

const onWasm = { name: "wasm", threads: 2, workers: 2, unused: [] };
const onGpu = { name: "webgpu", threads: 1, workers: 1, unused: [] };

it.each([
  ["wasm", { isolated: true }, onWasm, "ort-wasm-simd-threaded.wasm"],
  ["wasm", { isolated: false }, onWasm, "ort-wasm-simd-threaded.wasm"],
  ["webgpu", { isolated: false }, onGpu, "ort-wasm-simd-threaded.jspi.wasm"],
  [
    "webgpu",
    { beforeWorkers: "delete WebAssembly.Suspending;" },
    onGpu,
    "ort-wasm-simd-threaded.asyncify.wasm",
  ],
] as const)("samples as Node does, on %s, %j", async (device, options, used, wasm) => {
  await using opened = await openPage(browser, folder, options);
  const asked: string[] = [];
  opened.page.on("request", (request) => asked.push(request.url()));
  const found = await opened.page.evaluate(async (device) => {
    const model = await window.ncsn.load("gaussian.onnx", { device, threads: 2, wasmPaths: "ort" });
    const { shape, data } = await model.sample({ count: 20, seed: 3 });
    const error = await model.verify();
    await model.dispose();
    return { shape, data: [...data], device: model.device, error };
  }, device);
  expect(opened.complaints).toEqual([]);
  expect(new Set(asked.filter((url) => url.endsWith(".wasm")))).toEqual(
    new Set([`${opened.url}ort/${wasm}`]),
  );
  expect(found.device).toEqual(used);
  expect(found.error).toBeLessThan(1e-5);
  const node = await load(gaussianModel(), { device: "cpu" });
  const expected = await node.sample({ count: 20, seed: 3 });
  await node.dispose();
  expect(found.shape).toEqual(expected.shape);
  const worst = Math.max(...found.data.map((value, i) => Math.abs(value - expected.data[i])));
  expect(worst).toBeLessThan(1e-5);
});

it.each(["wasm", "webgpu"] as const)(
  "computes a file of float16 weights in float32, on %s",
  async (device) => {
    await using opened = await openPage(browser, folder);
    const error = await opened.page.evaluate(async (device) => {
      const model = await window.ncsn.load("half.onnx", { device, wasmPaths: "ort" });
      const found = await model.verify();
      await model.dispose();
      return found;
    }, device);
    expect(opened.complaints).toEqual([]);
    expect(error).toBeLessThan(1e-5); // float16 arithmetic would be off by 1e-3
  },
);

it("gives a model that the signal of loading ends no more, and that starts no worker after its own end", async () => {
  await using opened = await openPage(browser, folder);
  const found = await opened.page.evaluate(async () => {
    let started = 0;
    window.Worker = class extends Worker {
      constructor(script: string | URL, options?: WorkerOptions) {
        super(script, options);
        started += 1;
      }
    };
    const controller = new AbortController();
    const { signal } = controller;
    const options = { device: "wasm", threads: 2, verify: false, wasmPaths: "ort", signal } as const;
    const [used, unused] = [
      await window.ncsn.load("gaussian.onnx", options),
      await window.ncsn.load("gaussian.onnx", options),
    ];
    controller.abort("too late");
    const { shape } = await used.sample({ count: 2 }); // starts its second worker
    await Promise.all([used.dispose(), unused.dispose()]);
    const told = await unused.sample({ count: 2 }).catch((error: unknown) => (error as Error).message);
    return { shape, told, started };
  });
  expect(found).toEqual({ shape: [2, 1, 4, 4], told: "the model is disposed", started: 3 });
});
