import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { gaussianModel } from "../../packages/infer/test/gaussian-model.ts";
import { openChromium } from "../browser/chromium.ts";
import { finished, openExample, picture, root, temporaryFolder } from "./example-page.ts";

const site = temporaryFolder();
const readme = readFileSync(join(root, "README.md"), "utf8");
const [, embed = ""] = /```html\n(.*?)```/s.exec(readme) ?? [];

/** What docs/element.md says of ONNX Runtime from jsDelivr. */
const policy =
  "default-src 'none'; img-src data:; worker-src 'self'; connect-src 'self' https://cdn.jsdelivr.net; " +
  "script-src 'self' 'wasm-unsafe-eval' https://cdn.jsdelivr.net";

let browser: Browser;
beforeAll(async () => {
  browser = await openChromium({ webgpu: false });
  writeFileSync(join(site.folder, "index.html"), `${embed}<link rel="icon" href="data:,">`); // or Chromium asks for one
  // A small model under the name of the digits, which the test of examples/plain samples.
  writeFileSync(join(site.folder, "mnist.onnx"), gaussianModel({ shape: [1, 28, 28] }));
  symlinkSync(join(root, "packages/infer/dist/browser"), join(site.folder, "ncsn"));
});
afterAll(async () => {
  await browser.close();
  site.remove();
});

it("the embed of the README is short and runs, with ONNX Runtime from another server", async () => {
  expect(embed.trimEnd().split("\n").length).toBeLessThanOrEqual(8);
  await using opened = await openExample(browser, site.folder, {
    isolated: false,
    headers: { "Content-Security-Policy": policy },
  });
  const { page, complaints } = opened;
  await finished(page);
  await picture(page, "readme");
  expect(complaints).toEqual([]);
});
