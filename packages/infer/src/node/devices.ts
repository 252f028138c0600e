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
  /** Usable, but so slow that it must be software: nothing to choose unless asked for. */
  readonly slow?: true;
}

/** What a probe finds out about a device that works. */
type Found = Pick<DeviceReport, "detail" | "slow">;

const found = new Map<NodeDevice, Promise<DeviceReport>>();

/** Tries a device, once per process. */
export function probeDevice(name: NodeDevice): Promise<DeviceReport> {
  const known = found.get(name);
  if (known) return known;
  const report = probes[name]().then(
    (found) => ({ name, usable: true, ...found }),
    (error: unknown) => ({ name, usable: false, detail: (error as Error).message }),
  );
  found.set(name, report);
  return report;
}

/** Tries all devices. */
export function probeDevices(): Promise<DeviceReport[]> {
  return Promise.all(nodeDevices.map(probeDevice));
}

/** Each throws the reason for which a device does not work. */
const probes: Record<NodeDevice, () => Promise<Found>> = {
  cpu: () => {
    const count = cores();
    return Promise.resolve({ detail: count === 1 ? "1 core" : `${count} cores` });
  },
  async cuda() {
    // Asking ONNX Runtime for a provider that is not there writes to stderr and throws: look first.
    const library = cudaLibrary();
    if (library === undefined)
      throw new Error(`onnxruntime-node has no CUDA provider for ${process.platform} ${process.arch}`);
    if (!existsSync(library)) throw new Error("the CUDA provider is not installed (pnpm setup:cuda adds it)");
    return describe("ONNX Runtime's CUDA provider", await tryOut("cuda"));
  },
  webgpu: async () => describe("ONNX Runtime's WebGPU provider", await tryOut("webgpu")),
};

/** On one small image the way to a GPU and back can outweigh the cpu's work a few times; software is slower by hundreds. */
const tooSlow = 30;

function describe(provider: string, slowdown: number): Found {
  if (slowdown < tooSlow) return { detail: provider };
  return {
    detail: `${provider}, ${Math.round(slowdown)} times slower than the cpu: in software, it seems`,
    slow: true,
  };
}

function cudaLibrary(): string | undefined {
  const name = { linux: "libonnxruntime_providers_cuda.so", win32: "onnxruntime_providers_cuda.dll" }[
    process.platform as string
  ];
  if (name === undefined || process.arch !== "x64") return undefined;
  const entry = createRequire(import.meta.url).resolve("onnxruntime-node");
  return join(dirname(entry), "../bin/napi-v6", process.platform, process.arch, name);
}

const patience = 20_000;

/** Runs a convolution in a process of its own. @returns its time over the cpu's */
function tryOut(device: NodeDevice): Promise<number> {
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
      const { slowdown, reason } = JSON.parse(line ?? "{}") as { slowdown?: number; reason?: string };
      if (slowdown !== undefined) resolve(slowdown);
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
