/** ONNX Runtime in a worker of a page: which build, and where its files are. */
import type * as Ort from "onnxruntime-web";
import { DeviceError } from "../device.ts";
import { firstLine } from "../workers/session.ts";
import { complaintAbout } from "./complaint-about.ts";

/** ONNX Runtime as a value. */
export type { Ort };

/**
 * Its builds: `wasm` computes on the CPU alone and is fastest there; the others have WebGPU too, jspi for browsers
 * that can suspend WebAssembly (smaller by ten megabytes, and quicker), webgpu for the others.
 */
export type Build = "wasm" | "webgpu" | "jspi";

/** The .wasm file of each. */
const files: Readonly<Record<Build, string>> = {
  wasm: "ort-wasm-simd-threaded.wasm",
  webgpu: "ort-wasm-simd-threaded.asyncify.wasm",
  jspi: "ort-wasm-simd-threaded.jspi.wasm",
};

/** How a worker comes by ONNX Runtime. */
export interface RuntimeSource {
  /** Imports the script of a build. */
  script(build: Build, wasmPaths: URL | undefined): Promise<typeof Ort>;
  /** The folder of the .wasm files unless the page names one; undefined where a bundler knows it. */
  readonly wasmPaths: URL | undefined;
}

/** The build that has a device. */
export function buildFor(device: "wasm" | "webgpu"): Build {
  if (device === "wasm") return "wasm";
  return "Suspending" in WebAssembly ? "jspi" : "webgpu";
}

/** A loaded build, which knows what may be wrong with its files. */
export interface Runtime {
  readonly ort: typeof Ort;
  /** Why it does not start, for people. */
  readonly whyNot: (error: unknown) => Promise<string>;
}

/** Loads a build. @throws DeviceError */
export async function loadRuntime(
  source: RuntimeSource,
  device: "wasm" | "webgpu",
  wasmPaths: string | undefined,
): Promise<Runtime> {
  const build = buildFor(device);
  const folder = wasmPaths === undefined ? source.wasmPaths : new URL(wasmPaths);
  const ort = await source.script(build, folder);
  const wasm = folder && new URL(files[build], folder);
  ort.env.logLevel = "error"; // what goes wrong comes as an error; the rest is noise on the console
  ort.env.wasm.numThreads = 1; // one thread for each of our workers: no isolation needed, and faster
  if (wasm) ort.env.wasm.wasmPaths = { wasm: wasm.href };
  return {
    ort,
    async whyNot(error) {
      const why = wasm && (await complaintAbout(wasm, "wasm"));
      const hint = "wasmPaths must be the folder of onnxruntime-web's files";
      return `ONNX Runtime does not start: ${why ?? firstLine(error)}; ${hint}`;
    },
  };
}

/** What to throw for a script of ONNX Runtime that does not load. */
export const noScript = (why: string): DeviceError =>
  new DeviceError(`ONNX Runtime's script cannot be loaded: ${why}`);
