/**
 * dist/browser: the scripts for pages without a bundler. The other builds are the compiler's.
 *
 * A page names one script, `ncsn.js` or `score-sampler.js`, and most pages fetch one more, their sampler. What a script
 * imports lazily is a script too: what a GPU alone needs, or control, or one sampler. Each is built by itself and shares
 * none with another: a few lines are in several, but none depends on the address of the one that the page names.
 */
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { defineConfig } from "vite";
import { lazyScripts } from "./build/lazy-scripts.ts";
import { samplerRules } from "./build/sampler-rules.ts";

const manifest = join(createRequire(import.meta.url).resolve("onnxruntime-web"), "../../package.json");
const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };
const source = (file: string) => join(import.meta.dirname, "src", file);

const outDir = join(import.meta.dirname, "dist/browser");
const samplers = join(import.meta.dirname, "../core/dist/samplers");
const algorithms = readdirSync(samplers)
  .filter((file) => file.endsWith(".js"))
  .filter((file) => readFileSync(join(samplers, file), "utf8").includes("async *run("))
  .map((file) => [`samplers/${file.slice(0, -3)}`, join(samplers, file)] as const);

/** The files of the scripts, by their names without ".js". */
const scripts: Readonly<Record<string, string>> = {
  ncsn: source("web/browser.ts"),
  "score-sampler": source("element/browser.ts"),
  webgpu: source("web/gpu-network.ts"),
  control: source("controlled-space.ts"),
  ...Object.fromEntries(algorithms),
};
const environmentOf = (script: string): string => script.replaceAll(/\W/g, "_");

export default defineConfig({
  root: import.meta.dirname,
  logLevel: "warn",
  define: { ORT_VERSION: JSON.stringify(version) },
  plugins: [samplerRules(samplers), lazyScripts(scripts)],
  environments: Object.fromEntries(
    Object.entries(scripts).map(([script, entry]) => [
      environmentOf(script),
      { consumer: "client", build: { lib: { entry: { [script]: entry } } } },
    ]),
  ),
  builder: {
    sharedConfigBuild: true,
    sharedPlugins: true,
    async buildApp(builder) {
      rmSync(outDir, { recursive: true, force: true });
      for (const script of Object.keys(scripts))
        await builder.build(builder.environments[environmentOf(script)]);
    },
  },
  build: {
    outDir,
    emptyOutDir: false, // the scripts before are in it
    lib: { entry: "its environment's", formats: ["es"] },
    target: "es2022",
    minify: "oxc",
    sourcemap: true,
    reportCompressedSize: false,
    rolldownOptions: {
      treeshake: { propertyReadSideEffects: false }, // a sampler made of another one goes with it
      output: { entryFileNames: "[name].js", minify: true, comments: false },
    },
  },
});
