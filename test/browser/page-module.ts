import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { build } from "vite";
import { complaintsOf } from "./chromium.ts";
import { serve } from "./serve.ts";

/** A module of a test, loaded in a page of its own. */
export interface PageModule<Module> {
  readonly page: Page;
  /** What the page complained of so far. */
  readonly complaints: readonly string[];
  /** Calls a function that the module exports, there. */
  call<Name extends keyof Module & string>(
    name: Name,
    ...args: Module[Name] extends (...args: infer Args) => unknown ? Args : never
  ): Promise<Module[Name] extends (...args: never) => infer Result ? Awaited<Result> : never>;
  close(): Promise<void>;
}

const root = join(import.meta.dirname, "../..");

/** What a page has beside the module. */
export interface PageOptions {
  /** Runs in the page before anything else; it stands alone. */
  readonly before?: () => void;
  /** Files that the page can fetch, by name. */
  readonly files?: Readonly<Record<string, Uint8Array>>;
  /** Bundle ONNX Runtime too, as a site does: workers need it, for which there is no import map. */
  readonly withRuntime?: boolean;
}

/**
 * Bundles a TypeScript module with what it imports, and opens a page that has loaded it. ONNX Runtime stays outside the
 * bundle unless told: an import map names its own files.
 */
export async function openPageModule<Module>(
  browser: Browser,
  entry: string,
  { before, files = {}, withRuntime = false }: PageOptions = {},
): Promise<PageModule<Module>> {
  const folder = mkdtempSync(join(tmpdir(), "ncsn-page-"));
  await (withRuntime ? buildSite(entry, folder) : buildModule(entry, folder));
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
  const served = await serve(folder);
  const page = await browser.newPage();
  const complaints = complaintsOf(page);
  if (before) await page.addInitScript(before);
  await page.goto(served.url);
  await page.waitForFunction("window.exported");
  return {
    page,
    complaints,
    call: (name, ...args) =>
      page.evaluate(
        ([name, args]) =>
          (window as unknown as { exported: Record<string, (...args: unknown[]) => never> }).exported[name](
            ...args,
          ),
        [name, args as unknown[]] as const,
      ),
    async close() {
      await page.close();
      await served.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** A module alone, and a page whose import map names ONNX Runtime's own files. */
async function buildModule(entry: string, folder: string): Promise<void> {
  await build({
    configFile: false,
    logLevel: "error",
    root,
    build: {
      outDir: folder,
      minify: false,
      lib: { entry, formats: ["es"], fileName: () => "module.js" },
      rolldownOptions: { external: /^onnxruntime-web/ },
    },
  });
  symlinkSync(join(root, "node_modules/onnxruntime-web/dist"), join(folder, "onnxruntime-web"));
  const imports = {
    "onnxruntime-web/jspi": "/onnxruntime-web/ort.jspi.bundle.min.mjs",
    "onnxruntime-web/webgpu": "/onnxruntime-web/ort.webgpu.bundle.min.mjs",
  };
  writeFileSync(
    join(folder, "index.html"),
    `<!doctype html><link rel=icon href=data:,>
<script type=importmap>${JSON.stringify({ imports })}</script>
<script type=module>window.exported = await import("./module.js");</script>`,
  );
}

/** A site of one page, as `vite build` makes it. */
async function buildSite(entry: string, folder: string): Promise<void> {
  const source = join(folder, "source");
  mkdirSync(source);
  writeFileSync(
    join(source, "index.html"),
    `<!doctype html><link rel=icon href=data:,><script type=module src=main.js></script>`,
  );
  writeFileSync(
    join(source, "main.js"),
    `import * as exported from ${JSON.stringify(entry)}; window.exported = exported;`,
  );
  await build({
    configFile: false,
    logLevel: "error",
    root: source,
    worker: { format: "es" },
    build: { outDir: folder, emptyOutDir: false, minify: false, target: "es2022" },
  });
}
