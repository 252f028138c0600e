/** The Worker for pages without a bundler: ONNX Runtime's scripts come from where its .wasm files are. */
import { firstLine } from "../workers/session.ts";
import { complaintAbout } from "./complaint-about.ts";
import { noScript, type Ort } from "./runtime.ts";
import { servePage } from "./serve-page.ts";

declare const ORT_VERSION: string;

servePage({
  wasmPaths: new URL(`https://cdn.jsdelivr.net/npm/onnxruntime-web@${ORT_VERSION}/dist/`),
  async script(build, folder) {
    const script = new URL(`ort.${build}.bundle.min.mjs`, folder);
    try {
      return (await import(/* @vite-ignore */ script.href)) as typeof Ort;
    } catch (error) {
      throw noScript((await complaintAbout(script, "script")) ?? firstLine(error));
    }
  },
});
