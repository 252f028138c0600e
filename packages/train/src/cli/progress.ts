/** How training goes, on stderr: a bar on a terminal, elsewhere a line every ten seconds. */
import { SingleBar } from "cli-progress";
import type { TrainingStep } from "../trainer.ts";
import { duration, speed } from "./show.ts";

/** What of a step is shown. */
export type Taken = Pick<TrainingStep, "step" | "loss" | "lossByImage" | "seconds">;

export interface Progress {
  update(taken: Taken): void;
  /** A line of text, with the bar out of its way. */
  note(text: string): void;
  stop(): void;
}

const lineEvery = 10_000; // milliseconds

/** Starts reporting on a run of `steps`. */
export function trainingProgress(from: number, steps: number): Progress {
  const read = gauge(steps);
  if (process.stderr.isTTY) return bar(from, steps, read);
  let last = -Infinity; // a first line at once, so that one sees what the steps cost
  return {
    update(taken) {
      const { loss, rate, left } = read(taken);
      if (performance.now() - last < lineEvery && taken.step !== steps) return;
      last = performance.now();
      console.error(`step ${taken.step}/${steps}, loss ${loss}, ${rate} images/s, ${left} left`);
    },
    note: (text) => console.error(text),
    stop: () => undefined,
  };
}

function bar(from: number, steps: number, read: ReturnType<typeof gauge>): Progress {
  const drawn = new SingleBar({
    format: "[{bar}] step {value}/{total} | loss {loss} | {rate} images/s | {left} left",
    stream: process.stderr,
    barsize: 24,
    hideCursor: true,
    gracefulExit: false, // Ctrl-C is the trainer's
  });
  drawn.start(steps, from, { loss: "-", rate: "-", left: "-" });
  return {
    update: (taken) => drawn.update(taken.step, read(taken)),
    note: (text) => process.stderr.write(`\r\u001b[K${text}\n`),
    stop: () => drawn.stop(),
  };
}

/** Loss and speed, smoothed over the last twenty steps or so, and the time left by the clock since the first step. */
function gauge(steps: number) {
  let loss: number | undefined;
  let seconds: number | undefined;
  let first: { readonly step: number; readonly at: number } | undefined;
  const smooth = (old: number | undefined, value: number) =>
    old === undefined ? value : old + (value - old) / 20;

  return (taken: Taken): { readonly loss: string; readonly rate: string; readonly left: string } => {
    loss = smooth(loss, taken.loss);
    // The first step compiles and allocates; it counts only as long as there is no other.
    seconds = smooth(first?.step === taken.step - 1 ? undefined : seconds, taken.seconds);
    first ??= { step: taken.step, at: performance.now() };
    const since = taken.step - first.step;
    const perStep = since > 0 ? (performance.now() - first.at) / 1000 / since : taken.seconds;
    return {
      loss: loss.toPrecision(3),
      rate: speed(taken.lossByImage.length / seconds),
      left: duration((steps - taken.step) * perStep),
    };
  };
}
