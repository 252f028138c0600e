/** Examples as a visitor has them: built or copied as their README says, served, opened in Chromium. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { build } from "vite";
import { complaintsOf } from "../browser/chromium.ts";
import { serve, type ServeOptions } from "../browser/serve.ts";

/** The repository. */
export const root = join(import.meta.dirname, "../..");

/** A new folder under the system's temporary one, and how to remove it. */
export function temporaryFolder(): { readonly folder: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), "ncsn-example-"));
  return { folder, remove: () => rmSync(folder, { recursive: true }) };
}

/** Builds `examples/NAME` with its own configuration. */
export async function buildExample(name: string, outDir: string): Promise<void> {
  await build({
    root: join(root, "examples", name),
    logLevel: "warn",
    build: { outDir, emptyOutDir: true, reportCompressedSize: false },
  });
}

/** A page of a folder, and what it complains of. */
export interface ExamplePage extends AsyncDisposable {
  readonly page: Page;
  readonly complaints: string[];
}

/**
 * Serves a folder and opens an address in it. jsDelivr's copies of packages come from this repository: no test needs
 * the network, and the scripts still come from another server than the page.
 */
export async function openExample(
  browser: Browser,
  folder: string,
  {
    address = "",
    isolated = true,
    headers = {},
    ...options
  }: { address?: string } & ServeOptions & BrowserContextOptions = {},
): Promise<ExamplePage> {
  const served = await serve(folder, { isolated, headers });
  const context = await browser.newContext(options);
  await context.route("https://cdn.jsdelivr.net/npm/**", async (route) => {
    const { pathname } = new URL(route.request().url());
    const [, name, path] = /^\/npm\/((?:@[^/]+\/)?[^@/]+)(?:@[^/]+)?\/(.*)$/.exec(pathname) ?? [];
    const type = path.endsWith(".wasm") ? "application/wasm" : "text/javascript";
    await route.fulfill({
      body: readFileSync(join(root, "node_modules", name, path)),
      contentType: type,
      headers: { "Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin" },
    });
  });
  const page = await context.newPage();
  const complaints = complaintsOf(page);
  await page.goto(`${served.url}${address}`);
  return {
    page,
    complaints,
    async [Symbol.asyncDispose]() {
      await context.close();
      await served.close();
    },
  };
}

/** Waits until `<score-sampler>` has finished its images. */
export const finished = (page: Page): Promise<void> =>
  page.locator("score-sampler:state(complete)").waitFor({ timeout: 50_000 });

/** Keeps a picture of the page for people, in the folder that SCREENSHOTS names. */
export async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env.SCREENSHOTS;
  if (folder !== undefined) await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}
