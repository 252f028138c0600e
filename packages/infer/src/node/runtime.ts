import type * as Runtime from "onnxruntime-node";
import { DeviceError } from "../device.ts";

/** ONNX Runtime as a value. */
export type { Runtime };

let loading: Promise<typeof Runtime> | undefined;

/** ONNX Runtime for Node, loaded when it is first needed. @throws DeviceError where it is not installed */
export function runtime(): Promise<typeof Runtime> {
  loading ??= import("onnxruntime-node").then(
    (module) => {
      module.env.logLevel = "error"; // what goes wrong comes as an error; the rest is noise on stderr
      return module;
    },
    (error: unknown) => {
      throw new DeviceError(`onnxruntime-node cannot be loaded: ${(error as Error).message.split("\n")[0]}`);
    },
  );
  return loading;
}
