import { existsSync } from "node:fs";
import { chromium, type Browser, type Page } from "playwright-core";

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

/** WebGPU in software: right, slow, and the same on every machine. */
const softwareGpu = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];

/** Starts the machine's Chromium. @throws Error where there is none: a test without its browser has not passed */
export async function openChromium({ webgpu = true }: { readonly webgpu?: boolean } = {}): Promise<Browser> {
  const executablePath = places.find((place) => place !== undefined && existsSync(place));
  if (executablePath === undefined)
    throw new Error("no Chromium here; install the package chromium or set CHROMIUM to its path");
  return chromium.launch({ executablePath, args: [...quiet, ...(webgpu ? softwareGpu : [])] });
}

/** What a page complains of, from now on: errors on its console, and what nothing catches. */
export function complaintsOf(page: Page): string[] {
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  return complaints;
}
