/**
 * `<score-sampler>` in Chromium, with a model whose answer is known: every image of `grey` is that grey. It
 * is long because its tests share one browser and one page.
 */
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { openChromium } from "../../../../test/browser/chromium.ts";
import type { Served } from "../../../../test/browser/serve.ts";
import type { ScoreSampler } from "@ncsn/infer/element";
import { elementPage, serveRepository } from "./element-page.ts";
import type { counts as Counts, exactModel as ExactModel } from "./exact-model.js";

// What the page has; functions given to page.evaluate run there.
declare const exactModel: typeof ExactModel;
declare const counts: typeof Counts;

let browser: Browser;
let served: Served;
/** What tests without a wish for a page of their own share, one after the other. */
let shared: Awaited<ReturnType<typeof elementPage>>;
beforeAll(async () => {
  [browser, served] = await Promise.all([openChromium({ webgpu: false }), serveRepository()]);
  shared = await elementPage(browser, served, "");
});
afterAll(async () => {
  await browser.close();
  await served.close();
});

let complaints: readonly string[];
afterEach(() => {
  if (complaints.length > 0) throw new Error(`the page complains: ${complaints.join("; ")}`);
});

/** A page with one element of the exact model, whose events are written down. */
async function withElement(
  attributes: string,
  { model = {}, ...options }: BrowserContextOptions & { model?: Parameters<typeof ExactModel>[0] } = {},
): Promise<Page> {
  const own = Object.keys(options).length > 0;
  const opened = own ? await elementPage(browser, served, "", options) : shared;
  complaints = opened.complaints;
  await opened.page.evaluate(
    async ({ attributes, model }) => {
      document.body.innerHTML = `<score-sampler ${attributes}></score-sampler>`;
      const element = document.querySelector("score-sampler")!;
      const log: string[] = [];
      Object.assign(globalThis, { element, log });
      Object.assign(counts, { plans: 0, steps: 0, disposed: 0 });
      for (const type of ["load", "play", "pause", "step", "complete", "error"] as const)
        element.addEventListener(type, () => log.push(type));
      element.model = await exactModel(model);
    },
    { attributes, model },
  );
  return opened.page;
}
declare const element: ScoreSampler;
declare const log: string[];

const state = (page: Page, name: string) => page.locator(`score-sampler:state(${name})`).waitFor();
const caption = (page: Page) => page.locator("[part=moment]");
/** The colour in the middle of the first image, as the screen has it. */
const colour = (page: Page) =>
  page.evaluate(() => {
    const canvas = element.shadowRoot!.querySelector("canvas")!;
    return [...canvas.getContext("2d")!.getImageData(canvas.width / 10, canvas.height / 10, 1, 1).data];
  });

describe("playing", () => {
  it("begins by itself with autoplay, tells every step, and ends at the images that the model samples", async () => {
    const page = await withElement("autoplay duration=0.1 count=3 seed=5", { model: { grey: 0.7 } });
    await state(page, "complete");
    const steps = Array<string>(18).fill("step");
    expect(await page.evaluate(() => log)).toEqual(["load", "play", ...steps, "complete", "pause"]);
    expect(await colour(page)).toEqual([179, 179, 179, 255]);
    const [ours, models] = await page.evaluate(async () => {
      const ours = await element.sample();
      const models = await element.model!.sample({ count: 3, seed: 5 });
      return [[...ours.data], [...models.data]];
    });
    expect(ours).toEqual(models);
    await expect.poll(() => caption(page).textContent()).toBe("seed 5 · step 18/18 · σ 0");
  });

  it("waits at the first step without it, and goes on, back and forth by keys", async () => {
    const page = await withElement("duration=0.2");
    await expect.poll(() => caption(page).textContent()).toMatch(/step 1\/18/);
    expect(await page.evaluate(() => log)).toEqual(["load", "step"]);
    await page.evaluate(() => element.focus());
    await page.keyboard.press("ArrowRight");
    await expect.poll(() => caption(page).textContent()).toMatch(/step 2\/18/);
    await page.keyboard.press("ArrowLeft");
    await expect.poll(() => caption(page).textContent()).toMatch(/step 1\/18/);
    expect(await page.evaluate(() => counts.steps)).toBe(2); // back is from memory
    await page.keyboard.press("End");
    await state(page, "complete");
    await page.keyboard.press("Home");
    await expect.poll(() => caption(page).textContent()).toMatch(/step 1\/18/);
    await page.keyboard.press("Tab"); // to the slider
    await page.keyboard.press("ArrowRight");
    await expect.poll(() => caption(page).textContent()).toMatch(/step 2\/18/);
    await page.keyboard.press("Space");
    await expect.poll(() => caption(page).textContent()).toMatch(/step 18\/18/);
    expect(await page.evaluate(() => counts.steps)).toBe(18); // seen twice, sampled once
    expect(await page.evaluate(() => log.slice(-2))).toEqual(["play", "pause"]);
    expect(await page.evaluate(() => element.paused && element.complete)).toBe(true);
  });

  it("pauses and goes on by the button and by the picture", async () => {
    const page = await withElement("duration=60");
    await page.getByRole("button", { name: "Play" }).click();
    await state(page, "playing");
    await page.getByRole("button", { name: "Pause" }).click();
    expect(await page.evaluate(() => element.paused)).toBe(true);
    await page.locator("canvas").click();
    expect(await page.evaluate(() => element.paused)).toBe(false);
  });

  it("goes as far as the slider is dragged, and no further", async () => {
    const page = await withElement("");
    await page.getByRole("slider").fill("12");
    await expect.poll(() => caption(page).textContent()).toMatch(/step 12\/18/);
    expect(await page.evaluate(() => [counts.steps, element.paused])).toEqual([12, true]);
  });

  it("waits while it is out of sight", async () => {
    const page = await withElement('autoplay duration=0.2 style="margin-top:3000px"', {
      viewport: { width: 400, height: 400 },
      model: { wait: 1 },
    });
    const before = await page.evaluate(async () => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      return counts.steps;
    });
    expect(before).toBe(0);
    await page.evaluate(() => scrollTo(0, 3000));
    await state(page, "complete");
  });

  it("shows the result and nothing on the way where less motion is wanted, unless asked to play", async () => {
    const page = await withElement("autoplay duration=5", { reducedMotion: "reduce" });
    await state(page, "complete");
    expect(await page.evaluate(() => log.includes("play"))).toBe(false);
    await expect.poll(() => caption(page).textContent()).toMatch(/step 18\/18/);
    await page.getByRole("button", { name: "New seed" }).click();
    await expect.poll(() => page.evaluate(() => log.filter((type) => type === "complete").length)).toBe(2);
    expect(await page.evaluate(() => log.includes("play"))).toBe(false);
    await page.getByRole("button", { name: "Play again" }).click();
    await state(page, "playing");
  });
});

it("samples in a page that nobody looks at, also what was playing until then", async () => {
  const page = await withElement("autoplay duration=60");
  await state(page, "playing");
  const shape = await page.evaluate(async () => {
    const { requestAnimationFrame } = globalThis;
    globalThis.requestAnimationFrame = () => 0; // in the background no frame is drawn
    await new Promise((resolve) => setTimeout(resolve, 100)); // but the one that was asked for before
    try {
      return (await element.sample()).shape;
    } finally {
      globalThis.requestAnimationFrame = requestAnimationFrame;
    }
  });
  expect(shape).toEqual([16, 1, 4, 4]);
});

describe("changes", () => {
  it("of many attributes in a row begin one sampling, and the one before ends within a step", async () => {
    const page = await withElement("autoplay duration=60", { model: { wait: 20 } });
    await state(page, "playing");
    const steps = await page.evaluate(async () => {
      await element.sample().catch(() => {});
      const begun = element.sample();
      Object.assign(counts, { plans: 0, steps: 0 });
      for (let seed = 1; seed <= 30; seed++) element.seed = seed;
      element.count = 2;
      element.steps = 5;
      const outcome = await begun.then(
        () => "sampled",
        (error: unknown) => (error as Error).name,
      );
      const { data } = await element.sample();
      return { plans: counts.plans, steps: counts.steps, values: data.length, outcome };
    });
    expect(steps).toEqual({ plans: 1, steps: 5, values: 2 * 16, outcome: "sampled" });
    expect(await page.evaluate(() => element.getAttribute("seed"))).toBe("30");
  });

  it("drop a sampling that is waited for, with an AbortError", async () => {
    const page = await withElement("duration=60", { model: { wait: 30 } });
    const [name, steps] = await page.evaluate(async () => {
      const dropped = element.sample().catch((error: unknown) => (error as Error).name);
      await new Promise((resolve) => element.addEventListener("step", resolve, { once: true }));
      element.remove();
      const name = await dropped;
      const before = counts.steps;
      await new Promise((resolve) => setTimeout(resolve, 150));
      return [name, counts.steps - before];
    });
    expect(name).toBe("AbortError");
    expect(steps).toBeLessThanOrEqual(1);
    expect(await page.evaluate(() => counts.disposed)).toBe(0); // the model is not the element's
  });

  it("of the place in the page change nothing", async () => {
    const page = await withElement("autoplay duration=0.2");
    await state(page, "complete");
    await page.evaluate(() => document.body.appendChild(document.createElement("main")).append(element));
    await page.waitForTimeout(50);
    expect(await page.evaluate(() => [element.complete, counts.steps])).toEqual([true, 18]);
  });

  it("of the columns arrange anew what is there", async () => {
    const page = await withElement("autoplay count=6 duration=0");
    await state(page, "complete");
    const ratio = () =>
      page.evaluate(() => {
        const { width, height } = element.shadowRoot!.querySelector("canvas")!.getBoundingClientRect();
        return width / height;
      });
    expect(await ratio()).toBeCloseTo(14 / 9, 1); // 3 × 2 images of 4 pixels, 1 between them
    await page.evaluate(() => (element.columns = 6));
    await expect.poll(ratio).toBeCloseTo(29 / 4, 1);
    expect(await page.evaluate(() => counts.steps)).toBe(18);
  });

  it("of the columns stand in the way of nothing else", async () => {
    const page = await withElement("count=6 duration=0");
    const shape = await page.evaluate(async () => {
      element.addEventListener("load", () => (element.columns = 6));
      element.model = await exactModel();
      await new Promise((resolve) => element.addEventListener("load", resolve, { once: true }));
      element.columns = 2;
      return (await element.sample()).shape;
    });
    expect(shape).toEqual([6, 1, 4, 4]);
    await page.evaluate(async () => {
      const played = new Promise((resolve) => element.addEventListener("play", resolve, { once: true }));
      element.columns = 3;
      element.play();
      await played; // it may be over already
    });
    await page.evaluate(() => element.setAttribute("columns", "many"));
    await expect.poll(() => page.getByRole("alert").textContent()).toMatch("invalid columns: many");
    await page.evaluate(() => (element.columns = 3));
    await expect.poll(() => page.getByRole("alert").isVisible()).toBe(false);
  });

  it("of the scheme redraw what is in a page, and nothing that has left it", async () => {
    const page = await withElement("duration=0 autoplay", { colorScheme: "light" });
    await state(page, "complete");
    const drawn = (scheme: "dark" | "light") =>
      page.emulateMedia({ colorScheme: scheme }).then(() =>
        page.evaluate(async (dark) => {
          await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
          if (matchMedia("(prefers-color-scheme: dark)").matches !== dark) throw new Error("no such scheme");
          const { clears } = globalThis as unknown as { clears: number };
          return clears;
        }, scheme === "dark"),
      );
    await page.evaluate(`
      globalThis.clears = 0;
      const { clearRect } = CanvasRenderingContext2D.prototype;
      CanvasRenderingContext2D.prototype.clearRect = function (...box) {
        globalThis.clears += 1;
        clearRect.apply(this, box);
      };`);
    expect(await drawn("dark")).toBe(1);
    await page.evaluate(async () => {
      element.remove();
      await new Promise((resolve) => setTimeout(resolve));
    });
    expect(await drawn("light")).toBe(1);
    await page.close();
  });

  it("to properties before the element is defined are taken over", async () => {
    const early = `<score-sampler></score-sampler><script>
      Object.assign(document.querySelector("score-sampler"), { count: 3, autoplay: true, wasmPaths: "ort/" })
    </script>`;
    const opened = await elementPage(browser, served, early);
    complaints = opened.complaints;
    expect(await opened.page.locator("score-sampler").evaluate((element) => element.outerHTML)).toBe(
      `<score-sampler count="3" autoplay="" wasm-paths="ort/"></score-sampler>`,
    );
    await opened.page.close();
  });
});

describe("errors", () => {
  it("of an attribute are shown, and gone when it is mended", async () => {
    const page = await withElement("count=many autoplay duration=0");
    const alert = page.getByRole("alert");
    await expect.poll(() => alert.textContent()).toMatch("invalid count: many (need an integer >= 1)");
    expect(await page.evaluate(() => [element.error?.name, log])).toEqual(["RangeError", ["load", "error"]]);
    await page.evaluate(() => (element.count = 4));
    await state(page, "complete");
    expect(await alert.isVisible()).toBe(false);
  });

  it("of a sampler's name list the known ones", async () => {
    const page = await withElement("sampler=magic");
    await expect
      .poll(() => page.getByRole("alert").textContent())
      .toMatch(/unknown sampler: magic \(known: .*heun/);
  });

  it("of sampling are shown, rejected and told once, and can be tried again", async () => {
    const page = await withElement("duration=0", { model: { failAt: 3 } });
    const message = await page.evaluate(() =>
      element.sample().catch((error: unknown) => (error as Error).message),
    );
    expect(message).toMatch("x is not finite any more at step 3");
    expect(await page.evaluate(() => log.filter((type) => type === "error").length)).toBe(1);
    await page.evaluate(async () => Object.assign(element, { model: await exactModel() }));
    await expect.poll(() => caption(page).textContent()).toMatch(/step/);
    expect(await page.getByRole("alert").isVisible()).toBe(false);
  });
});

describe("people", () => {
  it("who do not see it are told what it is and where it stands, and not every step", async () => {
    const page = await withElement("autoplay count=4 duration=0.3", { model: { wait: 5 } });
    await page.evaluate(() => {
      const said: string[] = [];
      Object.assign(globalThis, { said });
      const status = element.shadowRoot!.querySelector("[role=status]")!;
      new MutationObserver(() => said.push(status.textContent)).observe(status, { childList: true });
    });
    await state(page, "complete");
    expect(await page.locator("score-sampler").ariaSnapshot()).toBe(
      [
        `- img "4 images from exact, seed 0"`,
        `- button "Play again"`,
        `- slider "Step": "18"`,
        `- button "New seed"`,
        `- status: "Finished: 4 images from exact, seed 0"`,
      ].join("\n"),
    );
    const slider = page.getByRole("slider");
    expect(await slider.getAttribute("aria-valuetext")).toBe("step 18 of 18, noise level 0");
    expect(await page.evaluate(() => (globalThis as unknown as { said: string[] }).said.length)).toBe(1);
  });

  it("can reach everything by Tab, see where they are, and hit it with a thumb", async () => {
    const page = await withElement("", { viewport: { width: 390, height: 700 }, hasTouch: true });
    await expect.poll(() => caption(page).textContent()).toMatch(/step/);
    const names: (string | null)[] = [];
    for (let i = 0; i < 3; i++) {
      await page.keyboard.press("Tab");
      names.push(
        await page.evaluate(() => {
          const focused = element.shadowRoot!.activeElement!;
          const { outlineStyle } = getComputedStyle(focused);
          const { height } = focused.getBoundingClientRect();
          return `${focused.ariaLabel} ${outlineStyle} ${height >= 40}`;
        }),
      );
    }
    expect(names).toEqual(["Play solid true", "Step solid true", "New seed solid true"]);
  });

  it.each([1.5, 3])(
    "with %d device pixels to a pixel get as many on the canvas",
    async (deviceScaleFactor) => {
      const page = await withElement("", { deviceScaleFactor, viewport: { width: 390, height: 700 } });
      const [canvas, box] = await page.evaluate(async () => {
        const canvas = element.shadowRoot!.querySelector("canvas")!;
        await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
        return [canvas.width, canvas.getBoundingClientRect().width];
      });
      expect(Math.abs(canvas - box * deviceScaleFactor)).toBeLessThan(1);
    },
  );

  it("who like it dark see points in light ink", async () => {
    const page = await withElement("autoplay duration=0 style=color:white", {
      model: { shape: [2, 1, 1], grey: 0.5 },
    });
    await state(page, "complete");
    expect(await page.evaluate(() => element.model!.card.shape)).toEqual([2, 1, 1]);
    const middle = await page.evaluate(() => {
      const canvas = element.shadowRoot!.querySelector("canvas")!;
      return [...canvas.getContext("2d")!.getImageData(canvas.width / 2, canvas.height / 2, 1, 1).data];
    });
    expect(middle.slice(0, 3)).toEqual([255, 255, 255]);
    expect(middle[3]).toBeGreaterThan(250);
  });
});
