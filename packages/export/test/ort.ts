/** Graphs in ONNX Runtime on the CPU. */
import { encodeModel, type Graph } from "@ncsn/export";
import { InferenceSession, Tensor } from "onnxruntime-node";

/** Values of one input. */
export interface Feed {
  readonly type?: "float32" | "int32";
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

export type Runner = (feeds: Readonly<Record<string, Feed>>) => Promise<Float32Array>;

/** Opens a graph, or a file's bytes, of one output. */
export async function open(model: Graph | Uint8Array, threads = 1): Promise<Runner> {
  const bytes = model instanceof Uint8Array ? model : encodeModel(model);
  const session = await InferenceSession.create(bytes, { intraOpNumThreads: threads, logSeverityLevel: 3 });
  return async (feeds) => {
    const tensors = Object.entries(feeds).map(([name, { type = "float32", shape, data }]) => {
      const numbers = type === "float32" ? Float32Array.from(data) : Int32Array.from(data);
      return [name, new Tensor(type, numbers, shape)] as const;
    });
    const results = await session.run(Object.fromEntries(tensors));
    return results[session.outputNames[0]].data as Float32Array;
  };
}

/** The largest difference over the root of the mean square of what is expected; NaN where a value is missing. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return NaN;
  const list = Array.from(expected);
  const rms = Math.sqrt(list.reduce((sum, value) => sum + value * value, 0) / list.length);
  const worst = list.reduce((most, value, i) => {
    const difference = Math.abs(actual[i] - value);
    return difference > most || Number.isNaN(difference) ? difference : most;
  }, 0);
  return worst / rms;
}
