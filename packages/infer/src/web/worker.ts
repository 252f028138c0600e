/** The Worker for pages that a bundler makes: ONNX Runtime is a package to it, and its .wasm files are assets. */
import type { Build, Ort } from "./runtime.ts";
import { servePage } from "./serve-page.ts";

const builds: Readonly<Record<Build, () => Promise<typeof Ort>>> = {
  wasm: () => import("onnxruntime-web/wasm"),
  webgpu: () => import("onnxruntime-web/webgpu"),
  jspi: () => import("onnxruntime-web/jspi"),
};

servePage({ script: (build) => builds[build](), wasmPaths: undefined });
