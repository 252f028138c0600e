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

/**
 * What `work` comes to, or a rejection as soon as the device is lost: much of WebGPU then never answers. Not by
 * `Promise.race` with `device.lost`, which would keep every race in memory until that day.
 * @throws DeviceLostError
 */
export function whileAlive<T>(device: GPUDevice, work: () => Promise<T>): Promise<T> {
  const watch = watchOf(device);
  if (watch.error !== undefined) return Promise.reject(watch.error);
  return new Promise<T>((resolve, reject) => {
    watch.waiting.add(reject);
    work()
      .then(resolve, reject)
      .finally(() => watch.waiting.delete(reject));
  });
}
