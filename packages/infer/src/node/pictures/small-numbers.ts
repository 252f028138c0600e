/** Numbers on a raster without a font: not every machine has one. */
import type { Raster } from "./raster.ts";

/** Three by five dots a sign, row by row from the top. */
const signs: Readonly<Record<string, string>> = {
  "0": "###|#.#|#.#|#.#|###",
  "1": ".#.|##.|.#.|.#.|###",
  "2": "###|..#|###|#..|###",
  "3": "###|..#|.##|..#|###",
  "4": "#.#|#.#|###|..#|..#",
  "5": "###|#..|###|..#|###",
  "6": "###|#..|###|#.#|###",
  "7": "###|..#|.#.|.#.|.#.",
  "8": "###|#.#|###|#.#|###",
  "9": "###|#.#|###|..#|###",
  "-": "...|...|###|...|...",
  ".": "...|...|...|...|.#.",
  "+": "...|.#.|###|.#.|...",
  e: "...|###|#.#|##.|.##",
};
const dot = 2; // pixels

/** Pixels from the top of a number to its bottom. */
export const numberHeight = 5 * dot;

/** Pixels from its left to its right. */
export const numberWidth = (text: string): number => (4 * text.length - 1) * dot;

/** Writes a number, as `String` gives it, with its top left corner at x, y. */
export function drawNumber(
  canvas: Raster,
  text: string,
  x: number,
  y: number,
  colour: readonly number[],
): void {
  const [left, top] = [Math.round(x), Math.round(y)];
  text.split("").forEach((sign, position) => {
    (signs[sign] ?? "").split("|").forEach((row, down) => {
      row.split("").forEach((mark, across) => {
        if (mark !== "#") return;
        for (let i = 0; i < dot * dot; i++) {
          const column = left + (4 * position + across) * dot + (i % dot);
          const line = top + down * dot + Math.floor(i / dot);
          if (column >= 0 && line >= 0 && column < canvas.width && line < canvas.height)
            for (let c = 0; c < canvas.channels; c++)
              canvas.data[(line * canvas.width + column) * canvas.channels + c] = colour[c];
        }
      });
    });
  });
}
