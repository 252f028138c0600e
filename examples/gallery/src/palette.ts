/** The page's two inks as pixels: pictures of one channel are printed in ink on the page's own paper. */

type Rgb = readonly [red: number, green: number, blue: number];

/** The page's colours as they are now, in the scheme of the visitor. */
export interface Palette {
  readonly paper: Rgb;
  readonly ink: Rgb;
  /** Of a signed picture: what adds ink, and what takes it away. */
  readonly warm: Rgb;
  readonly cold: Rgb;
  /** Little-endian RGBA of ink from 0 (paper) to 255. */
  readonly ramp: Uint32Array;
}

let current: Palette | undefined;
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  current = undefined;
});

/** The palette in use. */
export function palette(): Palette {
  if (current !== undefined) return current;
  const style = getComputedStyle(document.documentElement);
  const [paper, ink, warm, cold] = ["--paper", "--ink", "--sigma", "--cold"].map((name) =>
    parse(style.getPropertyValue(name)),
  );
  const ramp = Uint32Array.from({ length: 256 }, (_, value) => pack(mix(paper, ink, value / 255)));
  return (current = { paper, ink, warm, cold, ramp });
}

/** #rrggbb */
function parse(colour: string): Rgb {
  const number = Number.parseInt(colour.trim().slice(1), 16);
  return [number >> 16, (number >> 8) & 255, number & 255];
}

/** Between two colours. */
export function mix(from: Rgb, to: Rgb, part: number): Rgb {
  return [0, 1, 2].map((i) => from[i] + (to[i] - from[i]) * part) as unknown as Rgb;
}

/** A colour as a little-endian RGBA word. */
export const pack = ([red, green, blue]: Rgb): number =>
  ((255 << 24) | (Math.round(blue) << 16) | (Math.round(green) << 8) | Math.round(red)) >>> 0;

/** A colour for a canvas. */
export const css = ([red, green, blue]: Rgb, alpha = 1): string => `rgb(${red} ${green} ${blue} / ${alpha})`;
