/** How checking goes, on stderr: a bar on a terminal; elsewhere it is over too soon to say more than that it began. */
import { SingleBar } from "cli-progress";

export interface Progress {
  /** @param done images whose reference score is known */
  update(done: number): void;
  stop(): void;
}

/** Starts reporting on the reference scores of `count` images. */
export function checkingProgress(count: number): Progress {
  if (!process.stderr.isTTY) {
    console.error(`checking ${count} scores against the float64 reference`);
    return { update: () => undefined, stop: () => undefined };
  }
  const bar = new SingleBar({
    format: "[{bar}] float64 reference {value}/{total} | {eta_formatted} left",
    stream: process.stderr,
    barsize: 24,
    hideCursor: true,
    clearOnComplete: true,
    gracefulExit: false, // Ctrl-C removes the file that is being checked
  });
  bar.start(count, 0);
  return { update: (done) => bar.update(done), stop: () => bar.stop() };
}
