/** How training goes, on stderr: a bar on a terminal, elsewhere a line every ten seconds. */
import { SingleBar } from "cli-progress";
import { duration } from "./show.ts";

export interface Progress {
  update(step: number, loss: number, imagesPerSecond: number): void;
  /** A line of text, with the bar out of its way. */
  note(text: string): void;
  stop(): void;
}

const lineEvery = 10_000; // milliseconds

/** Starts reporting at step `from` of `steps`. */
export function trainingProgress(from: number, steps: number): Progress {
  const began = performance.now();
  const left = (step: number): string => {
    const perStep = (performance.now() - began) / Math.max(1, step - from);
    return duration(((steps - step) * perStep) / 1000);
  };
  const show = (step: number, loss: number, imagesPerSecond: number) => ({
    loss: loss.toPrecision(4),
    rate: imagesPerSecond.toPrecision(3),
    left: left(step),
  });

  if (!process.stderr.isTTY) {
    let last = began - lineEvery; // a first line at once, so that one sees what the steps cost
    return {
      update(step, loss, imagesPerSecond) {
        if (performance.now() - last < lineEvery && step !== steps) return;
        last = performance.now();
        const shown = show(step, loss, imagesPerSecond);
        console.error(
          `step ${step}/${steps}, loss ${shown.loss}, ${shown.rate} images/s, ${shown.left} left`,
        );
      },
      note: (text) => console.error(text),
      stop: () => undefined,
    };
  }
  const bar = new SingleBar({
    format: "[{bar}] step {value}/{total} | loss {loss} | {rate} images/s | {left} left",
    stream: process.stderr,
    barsize: 24,
    hideCursor: true,
    gracefulExit: false, // Ctrl-C is the trainer's
  });
  bar.start(steps, from, { loss: "-", rate: "-", left: "-" });
  return {
    update: (step, loss, imagesPerSecond) => bar.update(step, show(step, loss, imagesPerSecond)),
    note: (text) => process.stderr.write(`\r\u001b[K${text}\n`),
    stop: () => bar.stop(),
  };
}
