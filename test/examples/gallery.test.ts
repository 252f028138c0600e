/**
 * The demo site in Chromium, on WASM: `pnpm demo` builds and serves it once for all tests, and again without isolation
 * from its folder. The file is long because a figure is tested by using it.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readCard } from "@ncsn/core";
import { load } from "@ncsn/infer/node";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { gaussianModel } from "../../packages/infer/test/gaussian-model.ts";
import { complaintsOf, openChromium } from "../browser/chromium.ts";
import { serve } from "../browser/serve.ts";

const root = join(import.meta.dirname, "../..");
/** Few steps of few images: what is tested is the page. */
const small = "#seed=3&count=6&steps=4";

let browser: Browser;
let demo: ChildProcess;
let url: string;
let folder: string;
let page: Page;
let complaints: string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ncsn-gallery-"));
  demo = spawn(process.execPath, [join(root, "scripts/demo.js"), "--port", "0", "--no-open"]);
  const lines = demo.stdout?.setEncoding("utf8")[Symbol.asyncIterator]();
  url = String((await lines?.next())?.value).trim();
  browser = await openChromium({ webgpu: false });
  page = await newPage({ width: 1280, height: 900 });
  complaints = complaintsOf(page);
  await page.goto(url + small);
  await finished();
}, 120_000);
afterAll(async () => {
  await browser.close();
  demo.kill("SIGKILL");
  await rm(folder, { recursive: true });
});

/** A page whose visitor asks for less motion: samples are shown as soon as they are there. */
async function newPage(viewport: { readonly width: number; readonly height: number }): Promise<Page> {
  const context = await browser.newContext({ viewport, reducedMotion: "reduce", acceptDownloads: true });
  return context.newPage();
}

const finished = (on = page) =>
  on.waitForFunction(() => document.querySelector<HTMLElement>("#grid")?.dataset.done === "true");

/** The canvas's pixels as red, green, blue, alpha. */
const pixels = (id: string) =>
  page.evaluate((id) => {
    const canvas = document.querySelector<HTMLCanvasElement>(`#${id}`);
    const { data } = canvas!.getContext("2d")!.getImageData(0, 0, canvas!.width, canvas!.height);
    return [...data];
  }, id);

/** Does something and waits until a canvas shows something else. */
async function changes(id: string, act: () => Promise<unknown>): Promise<void> {
  const fingerprint = () =>
    page.evaluate((id) => {
      const canvas = document.querySelector<HTMLCanvasElement>(`#${id}`)!;
      const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
      return new Uint32Array(data.buffer).reduce((hash, word) => Math.imul(hash ^ word, 0x01000193), 0);
    }, id);
  const before = await fingerprint();
  await act();
  await soon(fingerprint).not.toBe(before);
}

/** A page answers when it can: on a busy machine that takes its time. */
const soon = <Value>(read: () => Value | Promise<Value>) =>
  expect.poll(read, { timeout: 30_000, interval: 100 });

const field = (name: string, on = page) => on.getByLabel(name, { exact: true });
/** A field of Fig. 1's form. */
const asked = (name: string) => page.locator("#request").getByLabel(name, { exact: true });
const setNumber = async (name: string, value: number) => {
  await asked(name).fill(String(value));
  await asked(name).press("Enter");
};

describe("Fig. 1", () => {
  it("shows the images that Node samples, within a level", async () => {
    const model = await load(join(root, "models/mnist.onnx"), { device: "cpu" });
    const { data } = await model.sample({ seed: 3, count: 6, steps: 4 });
    await model.dispose();
    const shown = await pixels("grid");
    const [paper, ink] = [0xf4, 0x10]; // red of --paper and --ink
    const size = await page.evaluate(() => document.querySelector<HTMLCanvasElement>("#grid")!.width);
    const columns = size / 28;
    let worst = 0;
    data.forEach((value, at) => {
      const [image, y, x] = [Math.floor(at / 784), Math.floor((at % 784) / 28), at % 28];
      const pixel = (Math.floor(image / columns) * 28 + y) * size + (image % columns) * 28 + x;
      worst = Math.max(worst, Math.abs(shown[4 * pixel] - (paper + (ink - paper) * value)));
    });
    expect(worst).toBeLessThan(2.5); // two levels, and rounding
  });

  it("says where it runs, how fast, and why nowhere else", async () => {
    await expect
      .poll(() => page.textContent("#device"))
      .toMatch(/WebAssembly, \d threads? · [\d,]+ evaluations\/s/);
    await page.click("#device summary");
    expect(await page.locator("#device dd").innerText()).toMatch(/webgpu/i);
  });

  it("steps along the ruler by keys, back to the noise", async () => {
    const slider = field("Moment of sampling, by its noise level");
    await changes("grid", () => slider.press("ArrowLeft"));
    await soon(() => page.getAttribute("#grid", "data-step")).toBe("3");
    expect(await page.textContent("#annealing-scale .value")).not.toBe("σ = 0");
    await slider.fill("0");
    await soon(() => page.textContent("#annealing-scale .value")).toBe("σ = 20.0"); // where the card's sampler begins
    expect(await slider.getAttribute("aria-valuetext")).toMatch(/^σ 20.0, step 0/);
    await page.click("#play");
    await soon(() => page.getAttribute("#grid", "data-step")).toBe("4");
  });

  it.each([
    ["seed", 4, "seed=4"],
    ["images", 3, "count=3"],
    ["steps", 3, "steps=3"],
  ])("samples anew for %s", async (name, value, address) => {
    await changes("grid", () => setNumber(name, value));
    await finished();
    expect(new URL(page.url()).hash).toContain(address);
    expect(await asked(name).inputValue()).toBe(String(value));
  });

  it("shows what the network sees", async () => {
    const slider = field("Moment of sampling, by its noise level");
    await slider.press("ArrowLeft");
    await changes("grid", () => asked("show").selectOption("denoised"));
    expect(new URL(page.url()).hash).toContain("see=denoised");
    await asked("show").selectOption("scaled");
    await finished();
  });

  it("has the fields of a sampler's options, and refuses what they refuse", async () => {
    await asked("sampler").selectOption("annealed-langevin");
    await setNumber("steps", 2);
    await setNumber("steps per level", 1);
    await finished();
    expect(new URL(page.url()).hash).toContain("stepsPerLevel=1");
    // two levels, and the denoising
    await soon(() => page.textContent("#moment")).toBe("step 3 of 3 · 3 of 3 evaluations");
    await setNumber("epsilon", 1);
    await soon(() => page.textContent("#advice")).toContain("unstable");
    await asked("sampler").selectOption("heun");
    await setNumber("steps", 3);
    await finished();
    expect(await page.textContent("#advice")).toBe("");
  });

  it("takes a new seed at a key", async () => {
    const before = page.url();
    await page.locator("h1").click();
    await page.keyboard.press("n");
    await soon(() => page.url()).not.toBe(before);
    await finished();
    expect(page.url()).toContain(`seed=${await asked("seed").inputValue()}`);
  });

  it("hands out a PNG", async () => {
    const [download] = await Promise.all([page.waitForEvent("download"), page.click("#save")]);
    expect(download.suggestedFilename()).toMatch(/^mnist-seed-\d+\.png$/);
    const png = await readFile(await download.path());
    expect(png.subarray(0, 8).toString("latin1")).toBe("\x89PNG\r\n\x1a\n");
    expect(png.readUInt32BE(16) % (3 * 28)).toBe(0); // three images, each pixel some pixels wide
    expect(png.readUInt32BE(16)).toBeGreaterThan(1000);
  });
});

describe("Fig. 2", () => {
  const slider = () => field("Noise level of the picture");
  const atSigma = (sigma: string) => soon(() => page.getAttribute("#by-hand", "data-sigma")).toBe(sigma);

  it("gives the picture back where there is no noise to speak of", async () => {
    await slider().fill("1000");
    await atSigma("0.002000");
    const [noisy, denoised] = [await pixels("noisy"), await pixels("denoised")];
    noisy.forEach((value, i) => expect(Math.abs(value - denoised[i])).toBeLessThanOrEqual(3));
  });

  it("answers with much the same picture whatever the noise where there is nothing else", async () => {
    await slider().fill("0");
    await atSigma("80.00");
    const [noisy, denoised] = [await pixels("noisy"), await pixels("denoised")];
    await changes("score", () => page.click("#new-noise"));
    expect(meanDistance(await pixels("denoised"), denoised)).toBeLessThan(
      0.33 * meanDistance(await pixels("noisy"), noisy),
    );
  });

  it("goes on to the next picture", async () => {
    await changes("denoised", () => page.click("#next-picture"));
    expect(await page.getAttribute("#by-hand", "data-sigma")).toBe("80.00");
  });

  it("takes the picture that is clicked in Fig. 1", async () => {
    await slider().fill("1000");
    await atSigma("0.002000");
    const { width, height } = (await page.locator("#grid").boundingBox())!;
    await changes("denoised", () =>
      page.locator("#grid").click({ position: { x: 0.9 * width, y: 0.5 * height } }),
    );
    expect(await page.getAttribute("#by-hand", "data-sigma")).toBe("0.002000");
  });
});

const meanDistance = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, i) => sum + Math.abs(value - b[i]), 0) / a.length;

describe("Fig. 3", () => {
  /** Pixels of arrows in a corner; what else is there, noisy data, is fainter. */
  const arrowsInCorner = () =>
    page.evaluate(() => {
      const canvas = document.querySelector<HTMLCanvasElement>("#field")!;
      const side = canvas.width / 5;
      const { data } = canvas.getContext("2d")!.getImageData(0, 0, side, side);
      return data.filter((value, i) => i % 4 === 3 && value > 120).length;
    });

  it("has longer arrows far from the data where there is less noise", async () => {
    const slider = field("Noise level of the field");
    await slider.fill("0");
    await soon(() => page.getAttribute("#field", "data-sigma")).toBe("3.000");
    const noisy = await arrowsInCorner();
    await slider.fill("900");
    await soon(() => page.getAttribute("#field", "data-sigma")).toBe("0.01769");
    expect(await arrowsInCorner()).toBeGreaterThan(1.3 * noisy);
  });

  it("lets samples flow to other data with another sampler", async () => {
    const form = page.locator("#plane-request");
    await changes("field", () => form.getByLabel("data").selectOption("mixture"));
    await form.getByLabel("sampler").selectOption("heun");
    await page.getByRole("button", { name: "Let samples flow" }).click();
    await soon(() => page.getAttribute("#field", "data-finished")).toBe("18");
    await soon(() => page.textContent("#plane-moment")).toBe("step 18 of 18");
    expect(await page.textContent("#plane-scale .value")).toMatch(/^σ = 0\.0/); // mixture's least
  });
});

describe("Fig. 4", () => {
  const step = async () => Number(await page.getAttribute("#learned", "data-step"));
  const loss = async () => Number(/^loss ([\d.]+) at/.exec((await lossText()) ?? "")?.[1]);
  const lossText = () => page.getAttribute("#loss canvas", "aria-label");
  const form = () => page.locator("#training-request");
  const steps = 150;

  /** A stroke in the upper half of the square, which is [−3, 3]²: at y = 1.5, from x = −1.5 to 1.5. */
  const drawStroke = async () => {
    await page.locator("#learned").scrollIntoViewIfNeeded();
    const { x, y, width, height } = (await page.locator("#learned").boundingBox())!;
    await page.mouse.move(x + 0.25 * width, y + 0.25 * height);
    await page.mouse.down();
    await page.mouse.move(x + 0.75 * width, y + 0.25 * height, { steps: 30 });
    await page.mouse.up();
  };

  it("takes points that are drawn, and not before they are asked for", async () => {
    await drawStroke();
    expect(await page.isVisible("#clear")).toBe(false);
    await form().getByLabel("data").selectOption("own");
    await page.click("#train");
    await soon(() => page.textContent("#training-moment")).toBe("draw some points first");
    await changes("learned", drawStroke);
    await soon(() => page.textContent("#training-moment")).toBe("");
  });

  it("trains on them, pauses and goes on", async () => {
    await form().getByLabel("steps").fill(String(steps));
    await form().getByLabel("steps").press("Enter");
    await changes("learned", async () => {
      await page.click("#train");
      await soon(step).toBeGreaterThan(0);
    });
    await soon(loss).toBeGreaterThan(0);
    const first = await loss();
    await page.getByRole("button", { name: "Pause training" }).click();
    await soon(() => page.textContent("#training-moment")).toMatch(/^step \d+ of 150$/);
    await page.waitForTimeout(300); // the moment under way
    const paused = await step();
    await page.waitForTimeout(300);
    expect(await step()).toBe(paused);
    await changes("learned", async () => {
      await page.getByRole("button", { name: "Train", exact: true }).click();
      await soon(step).toBe(steps);
    });
    await soon(lossText).toContain(`at step ${steps}`);
    expect(await loss()).toBeLessThan(0.9 * first);
  }, 120_000);

  it("shows the field at another noise level", async () => {
    const slider = field("Noise level of the learned field");
    await changes("learned", () => slider.fill("0"));
    await soon(() => page.getAttribute("#learned", "data-sigma")).toBe("5.000");
    await soon(() => slider.getAttribute("aria-valuetext")).toBe("noise level 5.00");
    expect(await step()).toBe(steps);
  });

  it("saves a model whose score leads to the stroke", async () => {
    const [download] = await Promise.all([page.waitForEvent("download"), page.click("#save-model")]);
    expect(download.suggestedFilename()).toBe("drawn-here.onnx");
    const file = await readFile(await download.path());
    const card = readCard(file);
    expect(card.training).toMatchObject({ dataset: "points", step: steps });
    const model = await load(file, { device: "cpu" });
    expect(await model.verify()).toBeLessThan(1e-4);
    const { scale, offset } = card.pixels;
    const above = [0, 2.8];
    const below = [0, -2.8];
    const x = Float32Array.from([...above, ...below], (value) => scale * value + offset);
    const score = await model.score(x, scale * 0.8);
    await model.dispose();
    expect(score[1]).toBeLessThan(0);
    expect(score[3]).toBeGreaterThan(-score[1]); // it is farther from there
  });

  it("lets samples follow the network", async () => {
    await changes("learned", () => page.click("#sample"));
    await soon(() => page.getAttribute("#learned", "data-finished")).toBe("18");
    await soon(() => page.textContent("#training-moment")).toBe("sampling, step 18 of 18");
    expect(await page.getAttribute("#learned", "data-step")).toBe(String(steps)); // the same network
  });

  it("opens its model in Fig. 1", async () => {
    await page.click("#open-model");
    await soon(() => page.textContent("#model-name")).toBe("drawn-here");
    await finished();
    expect(await page.isVisible("#notice")).toBe(false);
  });

  it("starts again", async () => {
    await page.click("#again");
    await soon(() => page.textContent("#training-moment")).toMatch(/steps\/s$/);
    expect(await step()).toBeLessThan(steps);
    await soon(() => page.getAttribute("#learned", "data-sigma")).not.toBe(null);
    await form().getByLabel("data").selectOption("mixture");
    await soon(() => page.getAttribute("#learned", "data-step")).toBe(null);
  });
});

it("shows a link's pictures on another device where the browser has not the one it names", async () => {
  const other = await newPage({ width: 1280, height: 900 });
  await other.goto(`${url}${small}&device=webgpu`);
  await finished(other);
  expect(await other.textContent("#notice")).toMatch(/^webgpu cannot be used: /);
  expect(await other.isVisible("#notice")).toBe(true);
  expect(await other.textContent("#device p")).toMatch(/^WebAssembly/);
  expect(await other.textContent("#moment")).toMatch(/^step 4/);
  await other.context().close();
});

describe("a model of the visitor's", () => {
  it("is explained where it is none, and the one before goes on", async () => {
    await page.evaluate(() => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File(["not a model"], "letter.onnx"));
      dispatchEvent(new DragEvent("dragover", { dataTransfer, cancelable: true }));
      dispatchEvent(new DragEvent("drop", { dataTransfer, cancelable: true }));
    });
    await soon(() => page.textContent("#notice")).toMatch(/^letter\.onnx: .*not an ONNX file/);
    expect(await page.isVisible("#drop")).toBe(false);
    await page.click("#new-seed");
    await finished();
  });

  it("is sampled, with its classes", async () => {
    const file = join(folder, "gaussian.onnx");
    await writeFile(file, gaussianModel({ classes: ["zero", "one"] }));
    await page.setInputFiles("#model-file", file);
    await soon(() => page.textContent("#model-name")).toBe("gaussian");
    expect(await page.isVisible("#notice")).toBe(false);
    await changes("grid", () => asked("class").selectOption("one"));
    expect(new URL(page.url()).hash).toContain("label=one");
    await finished();
    await changes("grid", () => setNumber("guidance", 2));
    expect(new URL(page.url()).hash).toContain("guidance=2");
    await finished();
    await asked("class").selectOption("any");
    await soon(() => asked("guidance").isVisible()).toBe(false);
    await finished();
  });

  it("may be of points", async () => {
    const file = join(folder, "points.onnx");
    await writeFile(
      file,
      gaussianModel({ shape: [2, 1, 1], pixels: { scale: 1, offset: 0 }, card: { name: "points" } }),
    );
    await changes("grid", () => page.setInputFiles("#model-file", file));
    await finished();
    expect(await page.isVisible("#by-hand")).toBe(false);
    // The model that its figure had is gone, and asked nothing any more.
    await page.emulateMedia({ colorScheme: "dark" });
    await page.waitForTimeout(100);
    expect(await page.isVisible("#notice")).toBe(false);
    await page.emulateMedia({ colorScheme: "light" });
  });
});

describe("the page", () => {
  it("names every control", async () => {
    const nameless = await page.evaluate(() =>
      [...document.querySelectorAll<HTMLInputElement>("button, input, select")]
        .filter((control) => !control.ariaLabel && !control.textContent?.trim() && !control.labels?.length)
        .map(({ outerHTML }) => outerHTML),
    );
    expect(nameless).toEqual([]);
  });

  it.each(["light", "dark"] as const)("has contrast in the %s", async (colorScheme) => {
    await page.emulateMedia({ colorScheme });
    const [paper, ...inks] = await page.evaluate(() => {
      const style = getComputedStyle(document.documentElement);
      return ["--paper", "--ink", "--quiet", "--sigma", "--cold"].map((name) => style.getPropertyValue(name));
    });
    for (const ink of inks) expect(contrast(paper, ink), ink).toBeGreaterThan(4.5); // WCAG 2.2, 1.4.3
    await page.emulateMedia({ colorScheme: null });
  });

  it("fits a phone and works without isolation", async () => {
    const served = await serve(join(root, "examples/gallery/dist"), { isolated: false });
    const phone = await newPage({ width: 390, height: 844 });
    const said = complaintsOf(phone);
    await phone.goto(served.url + small);
    await finished(phone);
    expect(await phone.evaluate(() => crossOriginIsolated)).toBe(false);
    for (const width of [390, 320]) {
      await phone.setViewportSize({ width, height: 844 });
      const overflow = await phone.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(overflow, `overflow at ${width}`).toBe(0);
    }
    await phone.locator("#training-request").getByLabel("data").selectOption("own");
    await soon(() => phone.isVisible("#sketch-hint")).toBe(true);
    const scrolled = await strokeByFinger(phone, "#learned");
    await soon(() => phone.isVisible("#sketch-hint")).toBe(false);
    expect(scrolled).toBe(0);
    expect(said).toEqual([]);
    await phone.context().close();
    await served.close();
  });

  it("complained of nothing", () => {
    expect(complaints).toEqual([]);
  });
});

/** Draws a stroke down an element with a finger. @returns by how many pixels the page scrolled under it */
async function strokeByFinger(on: Page, selector: string): Promise<number> {
  await on.locator(selector).scrollIntoViewIfNeeded();
  const { x, y, width, height } = (await on.locator(selector).boundingBox())!;
  const before = await on.evaluate(() => scrollY);
  const session = await on.context().newCDPSession(on);
  const touch = (type: "touchStart" | "touchMove" | "touchEnd", part?: number) =>
    session.send("Input.dispatchTouchEvent", {
      type,
      touchPoints: part === undefined ? [] : [{ x: x + width / 2, y: y + part * height }],
    });
  await touch("touchStart", 0.8);
  for (const part of [0.7, 0.6, 0.5, 0.4, 0.3]) await touch("touchMove", part);
  await touch("touchEnd");
  return (await on.evaluate(() => scrollY)) - before;
}

/** The contrast ratio of two colours #rrggbb (WCAG 2.2). */
function contrast(a: string, b: string): number {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

function luminance(colour: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(colour.trim().slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

describe("pnpm demo", () => {
  it("isolates the page", async () => {
    const { headers } = await fetch(url);
    expect(headers.get("cross-origin-opener-policy")).toBe("same-origin");
    expect(headers.get("cross-origin-embedder-policy")).toBe("require-corp");
    expect((await fetch(`${url}missing`)).status).toBe(404);
  });

  it.each([
    [["--port", "x"], "error: invalid port: x (need an integer from 0 to 65535; 0 takes a free one)"],
    [["--prot", "1"], "error: Unknown option '--prot' (--help lists the options)"],
  ])("refuses %j", async (args, message) => {
    const child = spawn(process.execPath, [join(root, "scripts/demo.js"), ...args]);
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
    expect(await once(child, "close")).toEqual([2, null]);
    expect(said.trim()).toBe(message);
  });

  it("ends at Ctrl-C", async () => {
    demo.kill("SIGINT");
    expect(await once(demo, "close")).toEqual([0, null]);
  });
});
