/** `bench --web`: the network of the bench in a page of a real browser, by WASM and by WebGPU, in turns. */
import { existsSync } from "node:fs";
import type { Browser } from "playwright-core";
import { UsageError } from "../cli/usage-error.ts";
import { benchModel } from "./bench-model.ts";
import type { BenchSettings } from "./bench-options.ts";
import {
  browserScript,
  enterPage,
  gpuOf,
  type BrowserContender,
  type BrowserDevice,
} from "./browser-contender.ts";
import { startChromium } from "./chromium.ts";
import { spreadOf, type Spread } from "./results.ts";

/** One device of the page. */
export interface WebResult {
  readonly contender: string;
  /** ms, one a round, each in a new page. */
  readonly loading: Spread;
  /** ms, from the start of the loading. */
  readonly firstImage: Spread;
  /** By the number of images of a step. */
  readonly stepsPerSecond: Readonly<Record<number, Spread>>;
  /** Its steps/s in those of the first contender, round by round. */
  readonly byFirst: Readonly<Record<number, Spread>>;
}

/** All that was found in the browser. */
export interface WebReport {
  readonly browser: string;
  /** Of WebGPU. */
  readonly gpu: string;
  readonly results: readonly WebResult[];
}

/** What is measured, and how carefully. */
export type WebBenchOptions = Pick<BenchSettings, "channels" | "counts" | "seconds" | "rounds" | "seed"> & {
  readonly device: "auto" | BrowserDevice["device"];
  /** Is told how it goes, a line at a time. */
  readonly report: (line: string) => void;
  /** Ends the bench after the turn under way, by throwing its reason. */
  readonly signal: AbortSignal;
};

const contenders: readonly BrowserDevice[] = [
  { device: "wasm", threads: 1 },
  { device: "wasm", threads: 2 },
  { device: "webgpu" },
];

/** @throws UsageError where the scripts for pages are not built, or there is no browser */
export async function benchInBrowser(options: WebBenchOptions): Promise<WebReport> {
  const { channels, counts, seconds, rounds, seed, report, signal } = options;
  if (!existsSync(browserScript))
    throw new UsageError("invalid web: the scripts for pages are not built (npm run build)");
  const devices = contenders.filter(({ device }) => options.device === "auto" || options.device === device);
  const model = await benchModel({ channels, batch: 1, seed });
  const { browser, gpu } = await openBrowser();
  try {
    const loading: number[][] = devices.map(() => []);
    const firstImage: number[][] = devices.map(() => []);
    for (let round = 0; round < rounds; round++)
      for (const [i, device] of devices.entries()) {
        signal.throwIfAborted();
        const page = await enterPage(browser, device, model);
        loading[i].push(page.loading);
        firstImage[i].push(page.firstImage);
        report(`round ${round + 1} of ${rounds}: ${page.name} loads in ${page.loading.toFixed(0)} ms`);
        await page.close();
      }
    const pages: BrowserContender[] = [];
    for (const device of devices) pages.push(await enterPage(browser, device, model));
    const speeds = pages.map(() => new Map(counts.map((count) => [count, [] as number[]])));
    for (const count of counts)
      for (let round = 0; round < rounds; round++) {
        for (const [i, page] of pages.entries()) {
          signal.throwIfAborted();
          speeds[i].get(count)?.push(await page.stepsPerSecond(count, seconds));
        }
        const seen = pages.map(({ name }, i) => `${name} ${speeds[i].get(count)?.at(-1)?.toFixed(1)}`);
        report(`${count} images, round ${round + 1} of ${rounds}, steps/s: ${seen.join("; ")}`);
      }
    const results = pages.map(({ name }, i): WebResult => {
      const byCount = (of: (values: readonly number[], count: number) => readonly number[]) =>
        Object.fromEntries([...speeds[i]].map(([count, values]) => [count, spreadOf(of(values, count))]));
      return {
        contender: name,
        loading: spreadOf(loading[i]),
        firstImage: spreadOf(firstImage[i]),
        stepsPerSecond: byCount((values) => values),
        byFirst: byCount((values, count) =>
          values.map((value, round) => value / (speeds[0].get(count)?.[round] ?? NaN)),
        ),
      };
    });
    return { browser: `Chromium ${browser.version()}`, gpu, results };
  } finally {
    await browser.close();
  }
}

/** A browser with the machine's GPU or, where it has none, one in software. */
async function openBrowser(): Promise<{ browser: Browser; gpu: string }> {
  try {
    const browser = await startChromium("own");
    const own = await gpuOf(browser);
    if (own !== undefined) return { browser, gpu: own };
    await browser.close();
    const other = await startChromium("software");
    return { browser: other, gpu: (await gpuOf(other)) ?? "nothing" };
  } catch (error) {
    throw new UsageError(
      `invalid web: ${error instanceof Error ? error.message.split("\n")[0] : String(error)}`,
    );
  }
}

/** The report for people, below the lines that say the machine. */
export function webTable({ browser, gpu, results }: WebReport): string {
  const show = ({ median, min, max }: Spread, digits: number) =>
    `${median.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)})`;
  const counts = Object.keys(results[0].stepsPerSecond).map(Number);
  const head = [
    "in the page",
    "load, ms",
    "first image, ms",
    ...counts.flatMap((count) => [
      `steps/s, ${count} image${count > 1 ? "s" : ""}`,
      `by ${results[0].contender}`,
    ]),
  ];
  const rows = results.map(({ contender, loading, firstImage, stepsPerSecond, byFirst }) => [
    `  ${contender}`,
    show(loading, 0),
    show(firstImage, 0),
    ...counts.flatMap((count) => [show(stepsPerSecond[count], 1), byFirst[count].median.toFixed(2)]),
  ]);
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((line) => line[column].length)));
  const lines = [head, ...rows].map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column]))
      .join("  ")
      .trimEnd(),
  );
  return [`browser   ${browser}; WebGPU on ${gpu}`, "", ...lines].join("\n");
}
