import { DeviceError, type DeviceName } from "../device.ts";

/** A worker's device went away: a driver that was reset, a GPU that was unplugged. Another worker may find it again. */
export class DeviceLostError extends DeviceError {
  override readonly name = "DeviceLostError";
}

/**
 * Does a work that may lose its device: once more after the first time, with new workers. Noise is keyed, so the second
 * attempt gives what the first would have.
 * @returns a function of attempts at parts of the same work; it throws DeviceError where the device is lost again
 */
export function survivor(device: DeviceName): <Result>(attempt: () => Promise<Result>) => Promise<Result> {
  let lost = false;
  return async (attempt) => {
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        if (!(error instanceof DeviceLostError)) throw error;
        if (lost) throw new DeviceError(`${device} was lost twice in the same work: ${error.message}`);
        lost = true;
      }
    }
  };
}
