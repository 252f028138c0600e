/** Fig. 2: one picture at one noise level, its score, and the picture that the model sees in it. */
import { key, normals, purposes, split, toPixels } from "@ncsn/core";
import type { Model } from "@ncsn/infer";
import { toBytes } from "./film.ts";
import { latest } from "./latest.ts";
import { byId, onScheme } from "./page.ts";
import { layOut, painter } from "./picture.ts";
import { sigmaAxis, sigmaScale, type SigmaAxis } from "./sigma-scale.ts";

/** The figure. */
export interface ByHand {
  /** Shows a picture, in pixels from 0 to 255, through a model. */
  show(model: Model, picture: Uint8Array): void;
}

/** Where the ruler starts: where the most is decided. */
const firstPosition = 0.52;

/** Sets the figure up; it stays hidden until there is a picture. @param fail told what went wrong */
export function startByHand(fail: (error: unknown) => void): ByHand {
  const section = byId("section", "by-hand");
  const panels = (["noisy", "score", "denoised"] as const).map((id) => {
    const canvas = byId("canvas", id);
    return { canvas, painter: painter(canvas) };
  });
  const [noisy, signed, denoised] = panels;
  let model: Model | undefined;
  let picture = new Uint8Array();
  let axis: SigmaAxis | undefined;
  let position = firstPosition;
  let draw = 0;

  const ask = latest(async (sigma: number) => {
    const asked = model;
    if (asked === undefined || section.hidden) return; // hidden: its model is disposed of
    const { card } = asked;
    const { scale, offset } = card.pixels;
    const z = normals(split(split(key(draw), purposes.preview), 0), picture.length);
    const x = z.map((value, i) => (scale * picture[i]) / 255 + offset + sigma * value);
    try {
      const score = await asked.score(x, sigma);
      if (asked !== model) return;
      const shrink = 1 / Math.hypot(1, sigma / card.sigmaData);
      const bytes = (values: Float32Array) => toBytes(toPixels(card, values));
      const sheet = { count: 1, columns: 1, shape: card.shape };
      const seen = bytes(x.map((value) => shrink * value));
      noisy.painter.paint(sheet, seen, seen, 0);
      const clean = bytes(x.map((value, i) => value + sigma ** 2 * score[i]));
      denoised.painter.paint(sheet, clean, clean, 0);
      // Each score at its own contrast: σ²·score grows with σ, and of ink at σ = 0.01 nothing would be seen.
      const rms = Math.sqrt(score.reduce((sum, value) => sum + value * value, 0) / score.length) || 1;
      signed.painter.paintSigned(
        card.shape,
        score.map((value) => value / (2.5 * rms)),
      );
      section.dataset.sigma = sigma.toPrecision(4);
    } catch (error) {
      if (asked === model && !section.hidden) fail(error);
    }
  });

  const update = () => {
    if (axis === undefined) return;
    const sigma = axis.sigma(position);
    scale.move(position, sigma, `noise level ${sigma.toPrecision(3)}`);
    ask(sigma);
  };
  const scale = sigmaScale(byId("div", "by-hand-scale"), "Noise level of the picture", {
    moved(to) {
      position = to;
      update();
    },
  });
  const resize = () => {
    if (model === undefined) return;
    const width = noisy.canvas.parentElement?.clientWidth ?? 0;
    for (const { canvas } of panels)
      layOut(canvas, { count: 1, columns: 1, shape: model.card.shape }, width, width);
  };
  new ResizeObserver(resize).observe(section);
  onScheme(update);
  byId("button", "new-noise").addEventListener("click", () => {
    draw++;
    update();
  });

  return {
    show(shown, pixels) {
      if (model !== shown) {
        axis = sigmaAxis(shown.card.sigmaRange, false);
        scale.show(axis);
      }
      model = shown;
      picture = pixels.slice();
      section.hidden = false;
      resize();
      update();
    },
  };
}
