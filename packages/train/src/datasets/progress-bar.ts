import { SingleBar } from "cli-progress";

/** A progress bar on stderr, drawn where that is a terminal. */
export interface ProgressBar {
  update(done: number): void;
  stop(): void;
}

/**
 * Starts a bar.
 * @param label what is going on, a few words
 * @param unit of the numbers, such as `MB`
 */
export function progressBar(label: string, total: number, unit: string): ProgressBar {
  const bar = new SingleBar({
    format: `${label} [{bar}] {percentage}% | {value}/{total} ${unit} | {eta_formatted} left`,
    stream: process.stderr,
    hideCursor: false, // an interrupt need not bring it back
    gracefulExit: false,
    clearOnComplete: true,
    stopOnComplete: false,
  });
  bar.start(total, 0);
  return { update: (done) => bar.update(done), stop: () => bar.stop() };
}
