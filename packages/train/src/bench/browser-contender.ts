/** A model in a page of a real browser, on one device: how long it takes to load, and how fast it steps. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, Page, Route } from "playwright-core";

/** A device of a page, and the threads on it. */
export interface BrowserDevice {
  readonly device: "wasm" | "webgpu";
  /** Workers that compute; of WASM. */
  readonly threads?: number;
}

/** An open page with its model. */
export interface BrowserContender {
  readonly name: string;
  /** From the call of `load` to a model that is ready, ms. ONNX Runtime's files come from the disk. */
  readonly loading: number;
  /** From the same moment to the first image, by the model's own sampler, ms. */
  readonly firstImage: number;
  /** Steps of annealed Langevin a second, each one score of `count` images; at least one step is taken. */
  stepsPerSecond(count: number, seconds: number): Promise<number>;
  close(): Promise<void>;
}

/** What the page does: it stands alone, since it is sent there as text. */
interface Bench {
  open(device: BrowserDevice): Promise<{ readonly loading: number; readonly firstImage: number }>;
  steps(count: number, seconds: number): Promise<number>;
}

const origin = "http://localhost";
const isolation = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};
const types: Readonly<Record<string, string>> = {
  ".js": "text/javascript",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
  ".onnx": "application/octet-stream",
};

const script = `
import { load } from "/ncsn/ncsn.js";
let model;
window.bench = {
  async open({ device, threads }) {
    const began = performance.now();
    model = await load("/bench.onnx", { device, threads, wasmPaths: "/ort/", verify: false });
    const loading = performance.now() - began;
    await model.sample({ count: 1 });
    return { loading, firstImage: performance.now() - began };
  },
  async steps(count, seconds) {
    let [taken, began] = [-1, 0]; // the first step warms up
    for await (const frame of model.steps({ count, batch: count, sampler: "annealed-langevin", steps: 1000 })) {
      if (++taken === 0) began = performance.now();
      else if (performance.now() - began >= 1000 * seconds) break;
    }
    return (1000 * taken) / (performance.now() - began);
  },
};`;

/** Opens a page, and the model in it. @param model the bytes of an ONNX file */
export async function enterPage(
  browser: Browser,
  device: BrowserDevice,
  model: Uint8Array,
): Promise<BrowserContender> {
  const page = await browser.newPage();
  await page.route(`${origin}/**`, (route) => answer(route, model));
  await page.goto(`${origin}/index.html`);
  await page.waitForFunction("window.bench");
  const timed = await call(page, "open", device);
  const { threads } = device;
  return {
    name:
      threads === undefined ? device.device : `${device.device}, ${threads} thread${threads > 1 ? "s" : ""}`,
    ...timed,
    stepsPerSecond: (count, seconds) => call(page, "steps", count, seconds),
    close: () => page.close(),
  };
}

/** The name of the GPU that pages of a browser have, and whether it is software; undefined where they have none. */
export async function gpuOf(browser: Browser): Promise<string | undefined> {
  const page = await browser.newPage();
  await page.route(`${origin}/**`, (route) => route.fulfill({ contentType: "text/html", body: "" }));
  await page.goto(`${origin}/`);
  const info = await page.evaluate(async () => {
    const { gpu } = navigator as Partial<Pick<Navigator, "gpu">>;
    const { vendor, architecture, description, isFallbackAdapter } =
      (await gpu?.requestAdapter())?.info ?? {};
    return vendor === undefined
      ? undefined
      : { name: description === "" ? `${vendor} ${architecture}` : description, isFallbackAdapter };
  });
  await page.close();
  return info && (info.isFallbackAdapter ? `${info.name}, in software: its speed says nothing` : info.name);
}

function call<Name extends keyof Bench>(
  page: Page,
  name: Name,
  ...args: Parameters<Bench[Name]>
): ReturnType<Bench[Name]> {
  return page.evaluate(
    ([name, args]) =>
      (window as unknown as { bench: Record<string, (...args: unknown[]) => never> }).bench[name](...args),
    [name, args as unknown[]] as const,
  ) as ReturnType<Bench[Name]>;
}

const folders: Readonly<Record<string, string>> = {
  ncsn: join(dirname(fileURLToPath(import.meta.resolve("@ncsn/infer/web"))), "../browser"),
  ort: dirname(createRequire(import.meta.url).resolve("onnxruntime-web")),
};

/** The script without which there is nothing to measure. */
export const browserScript = join(folders.ncsn, "ncsn.js");

/** The page's requests are answered from the disk. */
async function answer(route: Route, model: Uint8Array): Promise<void> {
  const { pathname } = new URL(route.request().url());
  const [, folder, ...parts] = pathname.split("/");
  if (folder === "index.html")
    return route.fulfill({
      headers: isolation,
      contentType: "text/html",
      body: "<script type=module src=bench.js></script>",
    });
  if (folder === "bench.js")
    return route.fulfill({ headers: isolation, contentType: types[".js"], body: script });
  if (folder === "bench.onnx")
    return route.fulfill({ headers: isolation, contentType: types[".onnx"], body: Buffer.from(model) });
  if (!Object.hasOwn(folders, folder)) return route.fulfill({ status: 404, body: "not found" });
  const body = await readFile(join(folders[folder], ...parts));
  return route.fulfill({ headers: isolation, contentType: types[extname(pathname)] ?? "text/plain", body });
}
