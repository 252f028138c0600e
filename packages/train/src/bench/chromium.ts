import { existsSync } from "node:fs";
import type { Browser } from "playwright-core";

/** Where Debian, other distributions and macOS put Chromium; `CHROMIUM` names another place. */
const places = [
  process.env.CHROMIUM,
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

const quiet = [
  "--headless=new",
  "--no-sandbox",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** What WebGPU a browser is started with: the machine's own, one in software that is the same everywhere, or none. */
export type BrowserGpu = "own" | "software" | "none";

const flags: Readonly<Record<BrowserGpu, readonly string[]>> = {
  own: ["--enable-unsafe-webgpu"],
  software: ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"],
  none: [],
};

/** Starts the machine's Chromium, without a window. @throws Error where there is none */
export async function startChromium(gpu: BrowserGpu): Promise<Browser> {
  const executablePath = places.find((place) => place !== undefined && existsSync(place));
  if (executablePath === undefined)
    throw new Error("no Chromium here; install the package chromium or set CHROMIUM to its path");
  const { chromium } = await import("playwright-core");
  return chromium.launch({ executablePath, args: [...quiet, ...flags[gpu]] });
}
