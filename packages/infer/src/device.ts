/** Where scores can be computed; Node has cpu, cuda and webgpu, a page webgpu and wasm. */
export type DeviceName = "cpu" | "cuda" | "webgpu" | "wasm";

/** A device and why it is not used or cannot be. */
export interface Unused {
  readonly name: DeviceName;
  /** One line for people. */
  readonly reason: string;
}

/** The device that a model runs on. */
export interface DeviceInUse {
  readonly name: DeviceName;
  /** Threads that compute scores, over all workers. */
  readonly threads: number;
  /** Workers that share the images, each with a session of its own. */
  readonly workers: number;
  /** The devices that were thought of and not taken. */
  readonly unused: readonly Unused[];
}

/** A device that was asked for by name and cannot be used; the message says why. */
export class DeviceError extends Error {
  override readonly name: string = "DeviceError";
}
