/** The space over GPU buffers in a real page, against the space over arrays. */
import { join } from "node:path";
import { blocks, key, normals, purposes, split, uniforms } from "@ncsn/core";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openChromium } from "../../../../test/browser/chromium.ts";
import { openPageModule, type PageModule } from "../../../../test/browser/page-module.ts";
import type * as Page from "./gpu-space-page.ts";

let browser: Browser;
let page: PageModule<typeof Page>;
beforeAll(async () => {
  browser = await openChromium();
  page = await openPageModule<typeof Page>(browser, join(import.meta.dirname, "gpu-space-page.ts"));
}, 60_000);
afterAll(async () => {
  await page.close();
  await browser.close();
});

const sampling = split(key(2 ** 40 + 7), purposes.sampling);

describe("noise", () => {
  it("has the integers of JavaScript", async () => {
    const images = [0, 1, 17, 2 ** 32 - 1];
    const words = await page.call("noiseWords", sampling, images, 9, 500);
    images.forEach((image, i) => {
      const from = split(split(sampling, image), 9);
      expect(words[i]).toEqual([...blocks(from, 0, new Uint32Array(1000))]);
    });
  });

  it.each([
    [1, [1, 28, 28]],
    [5, [3, 7, 9]], // 189 numbers: the last block is halved
    [300, [2, 1, 1]],
  ] as const)("of %s images of %s is normal within 1e-6·(1 + |z|), uniform exactly", async (count, shape) => {
    const dimension = shape[0] * shape[1] * shape[2];
    const z = await page.call("noise", sampling, count, shape, 11, 2, "normal");
    const u = await page.call("noise", sampling, count, shape, 11, 2, "uniform");
    expect(z.length).toBe(count * dimension);
    for (let image = 0; image < count; image++) {
      const from = split(split(sampling, 11 + image), 2);
      const at = image * dimension;
      expect(u.slice(at, at + dimension)).toEqual([...uniforms(from, dimension)]);
      const worst = normals(from, dimension).reduce(
        (most, value, i) => Math.max(most, Math.abs(z[at + i] - value) / (1 + Math.abs(value))),
        0,
      );
      expect(worst).toBeLessThan(1e-6);
    }
  });
});

it.each([
  [1, [1, 1, 1]],
  [3, [1, 6, 6]],
  [7, [3, 4, 8]],
  [129, [2, 1, 1]],
  [2, [1, 30, 20]],
  [1500, [1, 1, 1]], // more coefficients than the scalars of a piece hold at first
] as const)("computes as the space over arrays: %s images of %s", async (count, shape) => {
  const errors = await page.call("operationErrors", count, shape);
  const { uniform, constant, dot, ...others } = errors;
  expect([uniform, constant]).toEqual([0, 0]);
  expect(dot).toBeLessThan(1e-5);
  for (const [name, error] of Object.entries(others)) expect(error, name).toBeLessThan(5e-6);
});

it.each([
  [[1, 2, 3], undefined],
  [[1, NaN, 3, Infinity], 1],
  [[1, 2, 3, -Infinity], 3],
  [[3e38, -3e38, 1e-45], undefined],
] as const)("finds the first step that is not finite: %s", async (values, step) => {
  expect(await page.call("firstLost", 100, values)).toBe(step);
});

it("gives the page nothing to complain of", () => {
  expect(page.complaints).toEqual([]);
});
