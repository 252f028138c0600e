import { firstLine } from "../workers/session.ts";
import { complaintAbout } from "./complaint-about.ts";
import { noScript, type Ort, type RuntimeSource } from "./runtime.ts";

/** Of onnxruntime-web, which the build writes here. */
declare const ORT_VERSION: string;

/** ONNX Runtime for pages without a bundler: its scripts come from where its .wasm files are, jsDelivr unless told. */
export const runtimeFromAddress: RuntimeSource = {
  wasmPaths: new URL(`https://cdn.jsdelivr.net/npm/onnxruntime-web@${ORT_VERSION}/dist/`),
  async script(build, folder) {
    const script = new URL(`ort.${build}.bundle.min.mjs`, folder);
    try {
      return (await import(/* @vite-ignore */ script.href)) as typeof Ort;
    } catch (error) {
      throw noScript((await complaintAbout(script, "script")) ?? firstLine(error));
    }
  },
};
