/** What this machine has for ONNX Runtime, found out by trying. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { cores } from "./cores.ts";

/** The devices of this entry, the preferred first. */
export const nodeDevices = ["cuda", "webgpu", "cpu"] as const;

/** A device of this entry. */
export type NodeDevice = (typeof nodeDevices)[number];

/** Whether a device works here. */
export interface DeviceReport {
  readonly name: NodeDevice;
  readonly usable: boolean;
  /** One line: what it is, or why it cannot be used. */
  readonly detail: string;
}

const found = new Map<NodeDevice, Promise<DeviceReport>>();

/** Tries a device, once per process. */
export function probeDevice(name: NodeDevice): Promise<DeviceReport> {
  const known = found.get(name);
  if (known) return known;
  const report = probes[name]().then(
    (detail) => ({ name, usable: true, detail }),
    (error: unknown) => ({ name, usable: false, detail: (error as Error).message }),
  );
  found.set(name, report);
  return report;
}

/** Tries all devices. */
export function probeDevices(): Promise<DeviceReport[]> {
  return Promise.all(nodeDevices.map(probeDevice));
}

/** Each gives the detail of a device that works, or throws the reason. */
const probes: Record<NodeDevice, () => Promise<string>> = {
  cpu: () => {
    const count = cores();
    return Promise.resolve(count === 1 ? "1 core" : `${count} cores`);
  },
  async cuda() {
    // Asking ONNX Runtime for a provider that is not there writes to stderr and throws: look first.
    const library = cudaLibrary();
    if (library === undefined)
      throw new Error(`onnxruntime-node has no CUDA provider for ${process.platform} ${process.arch}`);
    if (!existsSync(library)) throw new Error("the CUDA provider is not installed (pnpm setup:cuda adds it)");
    await tryOut("cuda");
    return "ONNX Runtime's CUDA provider";
  },
  async webgpu() {
    await tryOut("webgpu");
    return "ONNX Runtime's WebGPU provider";
  },
};

function cudaLibrary(): string | undefined {
  const name = { linux: "libonnxruntime_providers_cuda.so", win32: "onnxruntime_providers_cuda.dll" }[
    process.platform as string
  ];
  if (name === undefined || process.arch !== "x64") return undefined;
  const entry = createRequire(import.meta.url).resolve("onnxruntime-node");
  return join(dirname(entry), "../bin/napi-v6", process.platform, process.arch, name);
}

const patience = 20_000;

/** Runs the one-node model in a process of its own. */
function tryOut(device: NodeDevice): Promise<void> {
  return new Promise((resolve, reject) => {
    const script = fileURLToPath(new URL("./probe-device.js", import.meta.url));
    const child = spawn(process.execPath, [script, device], {
      stdio: ["ignore", "pipe", "ignore"],
      timeout: patience,
      killSignal: "SIGKILL",
    });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
    child.on("error", (error) => reject(new Error(`it could not be tried: ${error.message}`)));
    child.on("close", (code, signal) => {
      const line = output.split("\n").find((line) => line.startsWith("{"));
      const { ok, reason } = JSON.parse(line ?? "{}") as { ok?: boolean; reason?: string };
      if (ok === true) resolve();
      else if (reason !== undefined) reject(new Error(plain(reason)));
      else if (child.killed) reject(new Error(`no answer within ${patience / 1000} s`));
      else reject(new Error(`its driver ended the process (${signal ?? `exit code ${code}`})`));
    });
  });
}

/** ONNX Runtime puts the place in its sources and the condition before what it has to say. */
function plain(message: string): string {
  return message
    .replace(/^.*\.(cc|h|cpp):\d+ .* was false\. /, "")
    .replace(/^.*\.(cc|h|cpp):\d+ \S*/, "")
    .trim();
}
