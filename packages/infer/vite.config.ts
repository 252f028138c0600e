/** dist/browser: the scripts for pages without a bundler. The other builds are the compiler's. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { defineConfig } from "vite";

const manifest = join(createRequire(import.meta.url).resolve("onnxruntime-web"), "../../package.json");
const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };
const source = (file: string) => join(import.meta.dirname, "src", file);

export default defineConfig({
  root: import.meta.dirname,
  logLevel: "warn",
  define: { ORT_VERSION: JSON.stringify(version) },
  build: {
    outDir: "dist/browser",
    target: "es2022",
    minify: "oxc",
    sourcemap: true,
    reportCompressedSize: false,
    lib: {
      formats: ["es"],
      // What these have in common is shared between them.
      entry: {
        ncsn: source("web/browser.ts"),
        "ncsn-worker": source("web/browser-worker.ts"),
        "score-sampler": source("element/browser.ts"),
      },
    },
    rolldownOptions: {
      // All in one folder: what starts the worker looks for it beside itself.
      output: { entryFileNames: "[name].js", chunkFileNames: "ncsn-both.js", minify: true },
    },
  },
});
