/** Pages for tests of the element: the built modules as they are, found by an import map, on a real server. */
import { join } from "node:path";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { complaintsOf } from "../../../../test/browser/chromium.ts";
import { serve, type Served } from "../../../../test/browser/serve.ts";
import { gaussianModel } from "../gaussian-model.ts";

/** A server of the whole repository. */
export const serveRepository = (): Promise<Served> => serve(join(import.meta.dirname, "../../../.."));

const importMap = {
  imports: {
    "@ncsn/core": "/packages/core/dist/index.js",
    "@ncsn/infer": "/packages/infer/dist/index.js",
    "@ncsn/infer/element": "/packages/infer/dist/element/index.js",
    "exact-model": "/packages/infer/test/element/exact-model.js",
  },
};

/** A page with this body, on which the element is defined. */
export async function elementPage(
  browser: Browser,
  { url }: Served,
  body: string,
  options: BrowserContextOptions = {},
): Promise<{ readonly page: Page; readonly complaints: readonly string[] }> {
  const page = await browser.newPage(options);
  const complaints = complaintsOf(page);
  await page.route("**/gaussian.onnx", (route) => route.fulfill({ body: Buffer.from(gaussianModel()) }));
  await page.route("**/page.html", (route) =>
    route.fulfill({
      contentType: "text/html",
      body: `<!doctype html><html lang="en"><link rel="icon" href="data:,"><title>A page</title>
<meta name="viewport" content="width=device-width">
<script type="importmap">${JSON.stringify(importMap)}</script>
<script type="module">import "@ncsn/infer/element"; import * as exact from "exact-model"; Object.assign(globalThis, exact);</script>
<body>${body}</body></html>`,
    }),
  );
  await page.goto(`${url}page.html`);
  await page.waitForFunction(() => "exactModel" in globalThis);
  return { page, complaints };
}
