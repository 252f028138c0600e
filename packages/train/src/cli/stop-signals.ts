/** Ctrl-C, and SIGTERM, once: finish the step. Twice: stop at once. */

export interface Stop {
  readonly signal: AbortSignal;
  /** 128 and the number of the signal, as shells have it. */
  exitCode(): number;
  /** Gives the signals back to Node. */
  ignore(): void;
}

const numbers = { SIGINT: 2, SIGTERM: 15 } as const;

/** Listens from now on. @param told called at the first signal */
export function interruptible(told: () => void): Stop {
  const controller = new AbortController();
  let code = 1;
  const heard = (name: NodeJS.Signals): void => {
    code = 128 + (name === "SIGTERM" ? numbers.SIGTERM : numbers.SIGINT);
    if (controller.signal.aborted) process.exit(code);
    controller.abort();
    told();
  };
  for (const name of Object.keys(numbers)) process.on(name, heard);
  return {
    signal: controller.signal,
    exitCode: () => code,
    ignore: () => {
      for (const name of Object.keys(numbers)) process.off(name, heard);
    },
  };
}
