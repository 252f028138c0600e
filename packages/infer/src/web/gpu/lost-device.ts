/** A GPU can go away at any time: the driver restarts, a laptop changes cards. What waits for it then must not wait on. */
import { DeviceLostError } from "../../workers/device-lost.ts";

interface Watch {
  error: DeviceLostError | undefined;
  readonly waiting: Set<(error: DeviceLostError) => void>;
}

const watches = new WeakMap<GPUDevice, Watch>();

function watchOf(device: GPUDevice): Watch {
  const known = watches.get(device);
  if (known !== undefined) return known;
  const watch: Watch = { error: undefined, waiting: new Set() };
  watches.set(device, watch);
  void tellWhenLost(device, watch);
  return watch;
}

async function tellWhenLost(device: GPUDevice, watch: Watch): Promise<void> {
  const { reason, message } = await device.lost;
  watch.error = new DeviceLostError(`the GPU was lost: ${message.trim().split("\n")[0] || reason}`);
  for (const reject of watch.waiting) reject(watch.error);
}

/** Milliseconds that the news of a loss may come behind the failures that it causes. */
const behind = 100;

/**
 * What `work` comes to, or a rejection as soon as the device is lost: much of WebGPU then never answers, or fails with
 * words that do not say why. A promise of its own for each work: `device.lost` itself would keep all of them in memory.
 * @throws DeviceLostError
 */
export async function whileAlive<T>(device: GPUDevice, work: () => Promise<T>): Promise<T> {
  const watch = watchOf(device);
  if (watch.error !== undefined) throw watch.error;
  const { promise: lost, reject: tell } = withReject();
  watch.waiting.add(tell);
  try {
    return await Promise.race([work(), lost]);
  } catch (error) {
    if (watch.error === undefined) await new Promise((resolve) => setTimeout(resolve, behind));
    throw watch.error ?? error;
  } finally {
    watch.waiting.delete(tell);
  }
}

function withReject(): { promise: Promise<never>; reject: (error: DeviceLostError) => void } {
  let reject!: (error: DeviceLostError) => void;
  const promise = new Promise<never>((_, no) => {
    reject = no;
  });
  return { promise, reject };
}
