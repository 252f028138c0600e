/** Drawings on white in a page, as Chromium shows them in the light, in the dark and on paper. */
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { openChromium } from "../../../../test/browser/chromium.ts";
import { htmlPage } from "../../src/report/index.ts";

/** White, with a stroke of ink and one of blue across. */
async function drawing(): Promise<Uint8Array> {
  const width = 90;
  const rows = Array.from({ length: 90 }, (_, row) => (row < 30 ? [255, 255, 255] : row < 60 ? [60, 64, 72] : [31, 95, 208])); // prettier-ignore
  const pixels = Uint8Array.from(
    rows.flatMap((colour) => Array.from({ length: width }, () => colour).flat()),
  );
  return sharp(pixels, { raw: { width, height: 90, channels: 3 } })
    .png()
    .toBuffer();
}

const brightness = (colour: readonly number[]): number => colour.reduce((a, b) => a + b, 0) / 3;

describe("a drawing on white", () => {
  it("stands on the ground of the page, and its strokes can be told from it", async () => {
    const png = await drawing();
    const image = { png, alt: "a drawing", width: 90, onWhite: true };
    const html = htmlPage({
      title: "t",
      lead: "l",
      sections: [{ title: "s", blocks: [{ kind: "figures", figures: [{ image, caption: "c" }] }] }],
    });
    const browser = await openChromium({ webgpu: false });
    try {
      const page = await browser.newPage();
      await page.setContent(html);
      for (const [colorScheme, media] of [
        ["light", "screen"],
        ["dark", "screen"],
        ["dark", "print"],
      ] as const) {
        // prettier-ignore
        await page.emulateMedia({ colorScheme, media });
        const box = (await page.locator("img").boundingBox())!;
        const shot = await page.screenshot({ clip: { ...box, width: 120 } });
        const { data, info } = await sharp(shot).removeAlpha().raw().toBuffer({ resolveWithObject: true });
        const at = (x: number, y: number) => [...data.subarray(3 * (y * info.width + x)).subarray(0, 3)];
        const [paper, white, ink, blue] = [at(110, 45), at(60, 15), at(60, 45), at(60, 75)];
        expect(white, `${colorScheme} ${media}`).toEqual(paper);
        const contrast = brightness(paper) - brightness(ink);
        expect(media === "screen" && colorScheme === "dark" ? -contrast : contrast).toBeGreaterThan(120);
        expect(blue[2], `${colorScheme} ${media}`).toBeGreaterThan(Math.max(blue[0], blue[1]) + 60); // it stays blue
      }
    } finally {
      await browser.close();
    }
  });
});
