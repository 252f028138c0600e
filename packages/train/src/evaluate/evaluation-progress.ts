/** How an evaluation goes, on stderr: a bar on a terminal, elsewhere a line every ten seconds. */
import { SingleBar } from "cli-progress";
import { duration } from "../cli/show.ts";

/** What is told. */
export interface EvaluationProgress {
  update(done: number, total: number): void;
  stop(): void;
}

const lineEvery = 10_000; // milliseconds

/** Starts reporting on a report of that name. */
export function evaluationProgress(name: string): EvaluationProgress {
  const began = performance.now();
  const left = (done: number, total: number): string =>
    duration(((performance.now() - began) / 1000 / done) * (total - done));
  if (!process.stderr.isTTY) {
    let last = began;
    return {
      update(done, total) {
        if (performance.now() - last < lineEvery && done !== total) return;
        last = performance.now();
        console.error(`${name}: ${done}/${total}, ${left(done, total)} left`);
      },
      stop: () => undefined,
    };
  }
  const format = `${name} [{bar}] {value}/{total} | {left} left`;
  const bar = new SingleBar({
    format,
    stream: process.stderr,
    barsize: 24,
    hideCursor: true,
    gracefulExit: false,
  });
  bar.start(1, 0, { left: "-" });
  return {
    update(done, total) {
      bar.setTotal(total);
      bar.update(done, { left: left(done, total) });
    },
    stop: () => bar.stop(),
  };
}
