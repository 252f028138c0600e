/**
 * What goes wrong on a GPU is told beside what one waits for: the device goes away when a driver restarts or a laptop
 * changes cards, and work that it refuses, for want of memory say, leaves zeros behind and an event.
 */
import { DeviceError } from "../../device.ts";
import { DeviceLostError } from "../../workers/device-lost.ts";

interface Watch {
  lost: DeviceLostError | undefined;
  /** Refused, and not told yet. */
  refused: DeviceError | undefined;
  readonly waiting: Set<(error: DeviceLostError) => void>;
}

const watches = new WeakMap<GPUDevice, Watch>();

function watchOf(device: GPUDevice): Watch {
  const known = watches.get(device);
  if (known !== undefined) return known;
  const watch: Watch = { lost: undefined, refused: undefined, waiting: new Set() };
  watches.set(device, watch);
  device.addEventListener("uncapturederror", ({ error }) => {
    watch.refused ??= new DeviceError(`the GPU refused: ${firstLine(error.message)}`);
  });
  void tellWhenLost(device, watch);
  return watch;
}

async function tellWhenLost(device: GPUDevice, watch: Watch): Promise<void> {
  const { reason, message } = await device.lost;
  watch.lost = new DeviceLostError(`the GPU was lost: ${firstLine(message) || reason}`);
  for (const reject of watch.waiting) reject(watch.lost);
}

/** Milliseconds that the news of a loss may come behind the failures that it causes. */
const behind = 100;

/**
 * What `work` comes to, or a rejection as soon as the device is lost: much of WebGPU then never answers, or fails with
 * words that do not say why. A promise of its own for each work: `device.lost` itself would keep all of them in memory.
 * @throws DeviceLostError; DeviceError where the device has refused something
 */
export async function whileAlive<T>(device: GPUDevice, work: () => Promise<T>): Promise<T> {
  const watch = watchOf(device);
  if (watch.lost !== undefined) throw watch.lost;
  let tell: (error: DeviceLostError) => void = () => undefined;
  const lost = new Promise<never>((_, reject) => {
    tell = reject;
  });
  watch.waiting.add(tell);
  try {
    const result = await Promise.race([work(), lost]);
    const { refused } = watch;
    watch.refused = undefined;
    if (refused !== undefined) throw refused;
    return result;
  } catch (error) {
    if (watch.lost === undefined && !(error instanceof DeviceError))
      await new Promise((resolve) => setTimeout(resolve, behind));
    throw watch.lost ?? error;
  } finally {
    watch.waiting.delete(tell);
  }
}

const firstLine = (text: string): string => text.trim().split("\n")[0];
