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
      entry: {
        ncsn: source("web/browser.ts"),
        "score-sampler": source("element/browser.ts"),
      },
    },
    rolldownOptions: {
      // What both have is in ncsn.js alone, which score-sampler.js imports.
      preserveEntrySignatures: "allow-extension",
      output: { entryFileNames: "[name].js", minify: true },
    },
  },
});
