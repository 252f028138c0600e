/** What a module Worker does for the page, however it came by ONNX Runtime. */
import { DeviceError } from "../device.ts";
import { hostNetwork } from "../workers/host-network.ts";
import { jobsOf } from "../workers/jobs.ts";
import type { Answer, Request } from "../workers/protocol.ts";
import { serve } from "../workers/serve.ts";
import { firstLine } from "../workers/session.ts";
import type * as GpuNetwork from "./gpu-network.ts";
import { loadRuntime, type RuntimeSource } from "./runtime.ts";
import { openSession } from "./session.ts";

/** Hears the page from now on. */
export function servePage(source: RuntimeSource): void {
  const post = (answer: Answer, transfer: ArrayBuffer[]): void => postMessage(answer, { transfer });
  const hear = serve({
    async open({ model, card, device, wasmPaths }, wanted) {
      const name = device === "webgpu" ? "webgpu" : "wasm";
      const runtime = await loadRuntime(source, name, wasmPaths);
      if (name === "wasm") {
        const session = await openSession(runtime, model, card, { executionProviders: ["wasm"] });
        return jobsOf(hostNetwork(session), wanted);
      }
      const { openGpuNetwork } = await gpuScript();
      const { network, lost } = await openGpuNetwork({
        ort: runtime.ort,
        open: (options) => openSession(runtime, model, card, options),
      });
      void lost.then((lost) => post({ lost }, []));
      return jobsOf(network, wanted);
    },
    post,
    listen: listening(),
    close: () => close(),
  });
  addEventListener("message", ({ data }: MessageEvent<Request>) => hear(data));
}

/** What only a GPU needs is fetched where there is one. */
async function gpuScript(): Promise<typeof GpuNetwork> {
  try {
    return await import("./gpu-network.ts");
  } catch (error) {
    throw new DeviceError(`the script for WebGPU cannot be loaded: ${firstLine(error)}`);
  }
}

/** Milliseconds that may pass until messages are heard. */
const deaf = 4;

/** On WASM a run ends in a microtask, before any message: every few milliseconds a turn of the event loop is taken. */
function listening(): () => Promise<void> {
  const { port1, port2 } = new MessageChannel();
  port1.start();
  let last = performance.now();
  return async () => {
    if (performance.now() - last < deaf) return;
    await new Promise((resolve) => {
      port1.addEventListener("message", resolve, { once: true });
      port2.postMessage(undefined);
    });
    last = performance.now();
  };
}
