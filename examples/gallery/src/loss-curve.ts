/** The loss of a run as it falls: a curve over the steps. */
import type { TrainingMoment } from "@ncsn/train/web";
import { css, palette } from "./palette.ts";
import { onScheme } from "./page.ts";
import { repaint } from "./repaint.ts";

/** Parts of a run that the curve has a point of its own for. */
const parts = 200;
/** Part of a run that the smooth curve looks back over. */
const memory = 0.03;

/** A curve in the page. */
export interface LossCurve {
  /** Starts an empty one, for so many steps. */
  reset(steps: number): void;
  add(moment: TrainingMoment): void;
}

/** Builds a curve inside an element. */
export function lossCurve(host: HTMLElement): LossCurve {
  const canvas = document.createElement("canvas");
  canvas.setAttribute("role", "img");
  const value = document.createElement("output");
  value.className = "value";
  value.setAttribute("aria-hidden", "true"); // the canvas's name says it
  const [high, low, end] = ["high", "low", "end"].map((name) => {
    const label = document.createElement("span");
    label.className = `label ${name}`;
    return label;
  });
  host.replaceChildren(value, canvas, high, low, end);
  let steps = 1;
  let points: { readonly step: number; readonly loss: number; readonly smooth: number }[] = [];
  /** Of the steps since the last point. */
  let sum = 0;
  let newest = 0;

  const draw = repaint(() => {
    const context = canvas.getContext("2d");
    const [width, height] = [canvas.clientWidth, canvas.clientHeight].map((size) =>
      Math.round(size * devicePixelRatio),
    );
    if (context === null || width === 0) return;
    if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
    else context.clearRect(0, 0, width, height);
    const last = points.at(-1);
    const text = last === undefined ? "loss" : `loss ${last.smooth.toFixed(3)}`;
    value.textContent = text;
    canvas.setAttribute("aria-label", last === undefined ? "No loss yet" : `${text} at step ${last.step}`);
    if (last === undefined) {
      high.textContent = low.textContent = "";
      return;
    }
    const losses = points.map(({ loss }) => loss);
    const [least, most] = [Math.min(...losses), Math.max(...losses)];
    high.textContent = most.toPrecision(2);
    low.textContent = least.toPrecision(2);
    const { ink, warm } = palette();
    const pad = 2 * devicePixelRatio;
    const toX = (step: number) => (step / steps) * width;
    const toY = (loss: number) => pad + ((most - loss) / (most - least || 1)) * (height - 2 * pad);
    const line = (of: "loss" | "smooth") => {
      context.beginPath();
      for (const point of points) context.lineTo(toX(point.step), toY(point[of]));
      context.stroke();
    };
    context.lineJoin = "round";
    context.lineWidth = devicePixelRatio;
    context.strokeStyle = css(ink, 0.3);
    line("loss");
    context.lineWidth = 2 * devicePixelRatio;
    context.strokeStyle = css(warm);
    line("smooth");
  });
  onScheme(draw);
  new ResizeObserver(draw).observe(canvas);

  return {
    reset(wanted) {
      steps = wanted;
      points = [];
      sum = newest = 0;
      end.textContent = `${wanted} steps`;
      draw();
    },
    add({ step, loss }) {
      const before = points.at(-1);
      const from = before?.step ?? 0;
      sum += loss * (step - newest);
      newest = step;
      if (step - from < steps / parts && step < steps) return;
      const mean = sum / (step - from);
      const weight = 1 - Math.exp((from - step) / (memory * steps));
      const smooth = before === undefined ? mean : before.smooth + weight * (mean - before.smooth);
      points.push({ step, loss: mean, smooth });
      sum = 0;
      draw();
    },
  };
}
