/** Ctrl-C, and SIGTERM: stop within a step and leave nothing behind. Twice: be killed by it. */
export interface Stop {
  readonly signal: AbortSignal;
  /** 128 and the number of the signal, as shells have it. */
  exitCode(): number;
}

const numbers = { SIGINT: 2, SIGTERM: 15 } as const;

/** Listens from now on. */
export function interruptible(): Stop {
  const controller = new AbortController();
  let code = 1;
  for (const [name, number] of Object.entries(numbers))
    process.once(name, () => {
      code = 128 + number;
      controller.abort(); // and the next one does what it does to any process
    });
  return { signal: controller.signal, exitCode: () => code };
}
