/** A page with the built scripts in it, as a user without a bundler has them. */
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Browser, Page } from "playwright-core";
import type * as Ncsn from "@ncsn/infer/web";
import { complaintsOf } from "../../../../test/browser/chromium.ts";
import { serve, type ServeOptions } from "../../../../test/browser/serve.ts";

declare global {
  /** What `ncsn.js` exports, in the page. */
  interface Window {
    readonly ncsn: typeof Ncsn;
  }
}

const html = `<!doctype html><link rel=icon href=data:,><title>a page</title>
<script type=module src=page.js></script>`;

/** A folder with `ncsn.js`, ONNX Runtime in `ort/`, and files of a test. */
export function siteOf(files: Readonly<Record<string, Uint8Array | string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "ncsn-web-"));
  symlinkSync(join(import.meta.dirname, "../../dist/browser"), join(folder, "ncsn"));
  symlinkSync(dirname(createRequire(import.meta.url).resolve("onnxruntime-web")), join(folder, "ort"));
  const own = { "index.html": html, "page.js": `window.ncsn = await import("./ncsn/ncsn.js");` };
  for (const [name, content] of Object.entries({ ...own, ...files }))
    writeFileSync(join(folder, name), content);
  return folder;
}

/** The page of a site, open. */
export interface OpenPage extends AsyncDisposable {
  readonly page: Page;
  readonly url: string;
  readonly complaints: string[];
}

/** What a page is served with, and what happens in it before its scripts. */
export interface PageOptions extends ServeOptions {
  /** JavaScript that runs in the page first. */
  readonly before?: string;
  /** JavaScript that runs in every worker first. */
  readonly beforeWorkers?: string;
}

/** Opens `index.html` of a site and waits for the scripts. */
export async function openPage(
  browser: Browser,
  folder: string,
  { before = "", beforeWorkers, ...options }: PageOptions = {},
): Promise<OpenPage> {
  const served = await serve(folder, options);
  const page = await browser.newPage();
  const complaints = complaintsOf(page);
  await page.addInitScript(before);
  if (beforeWorkers !== undefined) await page.addInitScript(prefaceWorkers, beforeWorkers);
  await page.goto(served.url);
  await page.waitForFunction(() => "ncsn" in window);
  return {
    page,
    url: served.url,
    complaints,
    async [Symbol.asyncDispose]() {
      await page.close();
      await served.close();
    },
  };
}

/** Has every worker of the page import that code before its own. It stands alone, since it is sent there as text. */
function prefaceWorkers(code: string): void {
  const address = (source: string): string =>
    URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const preface = address(code);
  window.Worker = class extends Worker {
    constructor(script: string | URL, options?: WorkerOptions) {
      super(address(`import ${JSON.stringify(preface)}; import ${JSON.stringify(String(script))};`), options);
    }
  };
}

/** Removes a site. */
export const removeSite = (folder: string): void => rmSync(folder, { recursive: true });
