/** `<score-sampler>` from `dist/browser`, with real files, real workers and what can be wrong with them. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { complaintsOf, openChromium } from "../../../../test/browser/chromium.ts";
import { serve, type Served } from "../../../../test/browser/serve.ts";
import { gaussianModel } from "../gaussian-model.ts";
import { removeSite, siteOf } from "../web/page.ts";

const html = (
  body: string,
) => `<!doctype html><html lang="en"><link rel="icon" href="data:,"><title>a page</title>
<meta name="viewport" content="width=device-width"><script type="module" src="ncsn/score-sampler.js"></script>${body}`;
const sampler = (attributes: string) =>
  `<score-sampler wasm-paths="ort/" duration="0" count="4" ${attributes}></score-sampler>`;

const folder = siteOf({
  "two.html": html(sampler(`src="gaussian.onnx" device="wasm" autoplay`).repeat(2)),
  "empty.html": html(""),
  "far.html": html(`${"<br>".repeat(300)}${sampler(`src="gaussian.onnx" device="wasm" autoplay`)}`),
  "gaussian.onnx": gaussianModel(),
  "broken.onnx": gaussianModel().slice(0, 300),
});

let browser: Browser;
let served: Served;
beforeAll(async () => {
  [browser, served] = await Promise.all([openChromium(), serve(folder)]);
});
afterAll(async () => {
  await browser.close();
  await served.close();
  removeSite(folder);
});

async function open(address: string, from: Served = served) {
  const page = await browser.newPage({ viewport: { width: 500, height: 500 } });
  const [complaints, models] = [complaintsOf(page), [] as string[]];
  page.on("request", (request) => {
    if (request.url().includes(".onnx")) models.push(request.url());
  });
  await page.goto(`${from.url}${address}`);
  return { page, complaints, models };
}

const complete = (page: Page) => page.locator("score-sampler:state(complete)");

describe("loading", () => {
  it("is done once for elements that name the same model, which lives as long as one of them", async () => {
    const { page, complaints, models } = await open("two.html");
    await expect.poll(() => complete(page).count()).toBe(2);
    expect(models).toHaveLength(1);
    const workers = page.workers().length;
    expect(workers).toBeGreaterThan(0);
    const remove = () => page.evaluate(() => document.querySelector("score-sampler")!.remove());
    await remove();
    await page.evaluate(() => document.querySelector("score-sampler")!.sample());
    expect(page.workers()).toHaveLength(workers);
    models.length = 0;
    await page.evaluate(async () => {
      const element = document.querySelector("score-sampler")!;
      for (let i = 0; i < 20; i++) element.src = `gaussian.onnx?${i}`;
      await element.sample();
    });
    expect(models).toEqual([`${served.url}gaussian.onnx?19`]); // of many addresses in a row the last
    await remove();
    await expect.poll(() => page.workers().length).toBe(0);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("waits until somebody is near, or asks, under the content security policy of the guide", async () => {
    const guide = readFileSync(join(import.meta.dirname, "../../../../docs/element.md"), "utf8");
    const [, said] = /```\n(script-src.*)\n```/.exec(guide)!;
    const policy = `default-src 'none'; ${said}; img-src data:`; // the page's icon
    const strict = await serve(folder, { isolated: false, headers: { "Content-Security-Policy": policy } });
    const { page, complaints } = await open("far.html", strict);
    const seen = await page.evaluate(async () => {
      const far = document.querySelector("score-sampler")!;
      await new Promise((resolve) => setTimeout(resolve, 200));
      const early = far.model !== undefined;
      return { early, shape: (await far.sample()).shape };
    });
    expect(seen).toEqual({ early: false, shape: [4, 1, 4, 4] });
    expect(complaints).toEqual([]); // a violation is an error on the console
    await page.close();
    await strict.close();
  });

  it("works with scripts of another server, and on WebGPU", async () => {
    const headers = {
      "Access-Control-Allow-Origin": "*",
      "Cross-Origin-Resource-Policy": "cross-origin",
    };
    const other = await serve(folder, { headers });
    writeFileSync(
      join(folder, "elsewhere.html"),
      html(sampler(`src="gaussian.onnx" device="webgpu" autoplay`))
        .replace(`src="ncsn/`, `src="${other.url}ncsn/`)
        .replace(`"ort/"`, `"${other.url}ort/"`),
    );
    const { page, complaints } = await open("elsewhere.html");
    await complete(page).waitFor();
    expect(await page.locator("[part=device]").textContent()).toBe("WebGPU");
    expect(complaints).toEqual([]);
    await page.close();
    await other.close();
  });
});

describe("a message stands in the element for", () => {
  let page: Page;
  beforeAll(async () => {
    ({ page } = await open("empty.html"));
  });

  it.each([
    ["a missing model", `src="missing.onnx"`, /cannot download the model .*missing.onnx: .*404/],
    ["an address that is none", `src="https://:x"`, /https:\/\/:x: this is no address/],
    ["a web page for a model", `src="empty.html"`, /the answer is a web page, not a model/],
    ["a broken model", `src="broken.onnx"`, /no model card|truncated|not an ONNX file/],
    ["an unknown device", `src="gaussian.onnx" device="abacus"`, /unknown device: abacus \(known: .*wasm/],
    [
      "ONNX Runtime that is not there",
      `src="gaussian.onnx" device="wasm" wasm-paths="nowhere/"`,
      /ONNX Runtime.*nowhere\/.*404/,
    ],
  ])("%s", async (_, attributes, message) => {
    const told = await page.evaluate(
      async (markup) => {
        document.body.innerHTML = markup;
        const element = document.querySelector("score-sampler")!;
        return new Promise<string>((resolve) =>
          element.addEventListener("error", (event) => resolve(event.message)),
        );
      },
      sampler(attributes).replace(/wasm-paths="ort\/" (.*wasm-paths)/, "$1"),
    );
    expect(told).toMatch(message);
    expect(await page.getByRole("alert").textContent()).toContain(told);
    await expect.poll(() => page.workers().length).toBe(0);
  });

  it("as long as it holds: the file can be mended and tried again", async () => {
    await page.evaluate(
      (markup) => (document.body.innerHTML = markup),
      sampler(`src="later.onnx" device="wasm"`),
    );
    const again = page.getByRole("button", { name: "Try again" });
    await again.waitFor();
    writeFileSync(join(folder, "later.onnx"), gaussianModel());
    await again.click();
    expect(await page.evaluate(() => document.activeElement?.localName)).toBe("score-sampler"); // not lost
    await page.locator("[part=moment]").filter({ hasText: "step 1/18" }).waitFor();
    expect(await page.getByRole("alert").isVisible()).toBe(false);
  });
});
