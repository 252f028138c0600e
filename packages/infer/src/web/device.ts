/** What a page has to compute scores with. */
import type { Report } from "../workers/choose-device.ts";

/** The devices of this entry, the preferred first. */
export const webDevices = ["webgpu", "wasm"] as const;

/** A device of this entry. */
export type WebDevice = (typeof webDevices)[number];

/** Asks the browser for a GPU. Nothing is downloaded for it. */
export async function probeWebgpu(): Promise<Report> {
  const refuse = (detail: string): Report => ({ name: "webgpu", usable: false, detail });
  const { gpu } = navigator as Partial<Pick<Navigator, "gpu">>;
  if (!gpu)
    return refuse(
      isSecureContext
        ? "this browser has no WebGPU"
        : "WebGPU wants a secure page: https:, or http: on localhost",
    );
  try {
    const adapter = await gpu.requestAdapter();
    if (!adapter) return refuse("this browser finds no GPU for WebGPU");
    const { vendor, architecture, description, isFallbackAdapter } = adapter.info;
    const name = description || [vendor, architecture].filter(Boolean).join(" ") || "a GPU";
    return isFallbackAdapter
      ? { name: "webgpu", usable: true, detail: `${name}, in software: slower than WASM`, slow: true }
      : { name: "webgpu", usable: true, detail: name };
  } catch (error) {
    return refuse(`this browser refuses a GPU: ${(error as Error).message}`);
  }
}

/**
 * Threads to compute on: half of the logical processors, which are as many cores where two share one, and leave some
 * for the page where they are not; two of two, and four at most, for each has a copy of the network.
 */
export function defaultThreads(): number {
  const logical = navigator.hardwareConcurrency || 1;
  return Math.max(1, Math.min(logical, 2), Math.min(4, Math.ceil(logical / 2)));
}
