import type { Browser, Page } from "playwright-core";
import { startChromium } from "../../packages/train/src/bench/chromium.ts";

/**
 * Starts the machine's Chromium, with WebGPU in software: right, slow, and the same on every machine.
 * @throws Error where there is none: a test without its browser has not passed
 */
export const openChromium = ({ webgpu = true }: { readonly webgpu?: boolean } = {}): Promise<Browser> =>
  startChromium(webgpu ? "software" : "none");

/** What a page complains of, from now on: errors on its console, and what nothing catches. */
export function complaintsOf(page: Page): string[] {
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  return complaints;
}
