/**
 * ONNX Runtime aborts the process that ends, by process.exit or an error, while another thread is in one of its calls.
 * So a worker says in shared memory when it is in one, and a process that ends waits for that, and lets no other begin.
 */

/** The shared memory of one worker. */
export type BusyFlag = Int32Array<SharedArrayBuffer>;

const busy = 0;
const leaving = 1;
const patience = 10_000; // milliseconds: a longer call is abandoned

/** Memory for one worker. */
export const busyFlag = (): BusyFlag => new Int32Array(new SharedArrayBuffer(8));

/** In the worker: marks a call of ONNX Runtime. While the process ends it never returns. */
export async function marked<Result>(flag: BusyFlag, call: () => Promise<Result>): Promise<Result> {
  Atomics.store(flag, busy, 1);
  if (Atomics.load(flag, leaving) === 1) {
    leave(flag);
    await new Promise<never>(() => undefined);
  }
  try {
    return await call();
  } finally {
    leave(flag);
  }
}

function leave(flag: BusyFlag): void {
  Atomics.store(flag, busy, 0);
  Atomics.notify(flag, busy);
}

const flags = new Set<BusyFlag>();
let listening = false;

/** In the process: has its end wait for the worker, until the returned function is called. */
export function waitAtExit(flag: BusyFlag): () => void {
  flags.add(flag);
  if (!listening) {
    listening = true;
    process.on("exit", () => {
      for (const flag of flags) Atomics.store(flag, leaving, 1);
      for (const flag of flags) Atomics.wait(flag, busy, 1, patience);
    });
  }
  return () => flags.delete(flag);
}
