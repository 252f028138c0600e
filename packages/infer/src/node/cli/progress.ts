/** How sampling goes, on stderr: a bar on a terminal, elsewhere a line every ten seconds. */
import { SingleBar } from "cli-progress";
import { count, duration, short } from "./show.ts";

/** Where a sampling is. */
export interface Progress {
  /** @param evaluations score evaluations so far, over all images */
  update(step: number, sigma: number, evaluations: number): void;
  stop(): void;
}

const lineEvery = 10_000; // milliseconds

/** Starts reporting on `steps` steps, or on as many as it takes. */
export function samplingProgress(steps?: number): Progress {
  const began = performance.now();
  const show = (step: number, sigma: number, evaluations: number) => {
    const seconds = (performance.now() - began) / 1000;
    return {
      sigma: short(sigma),
      rate: count(Math.round(evaluations / seconds)),
      left: steps === undefined ? "" : `, ${duration((seconds * (steps - step)) / step)} left`,
    };
  };
  if (!process.stderr.isTTY) {
    let last = began;
    return {
      update(step, sigma, evaluations) {
        if (performance.now() - last < lineEvery) return;
        last = performance.now();
        const shown = show(step, sigma, evaluations);
        console.error(
          `step ${step}${steps === undefined ? "" : `/${steps}`}, sigma ${shown.sigma}, ${shown.rate} evaluations/s${shown.left}`,
        );
      },
      stop: () => undefined,
    };
  }
  const bar = new SingleBar({
    format:
      steps === undefined
        ? "step {value} | sigma {sigma} | {rate} evaluations/s"
        : "[{bar}] step {value}/{total} | sigma {sigma} | {rate} evaluations/s{left}",
    stream: process.stderr,
    barsize: 24,
    hideCursor: true,
    clearOnComplete: true,
    gracefulExit: false, // Ctrl-C is ours
  });
  bar.start(steps ?? Number.MAX_SAFE_INTEGER, 0, { sigma: "-", rate: "-", left: "" });
  return {
    update: (step, sigma, evaluations) => bar.update(step, show(step, sigma, evaluations)),
    stop: () => bar.stop(),
  };
}
