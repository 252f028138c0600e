import { blockSizes, encodeModel, tape } from "@ncsn/export";
import type { Ort } from "./gradient-session.ts";

/**
 * The channel block of ONNX Runtime's convolutions on this processor: where the second pixel of the first channel lies
 * in a reordered image. Undefined where it has none that `toBlocked` knows.
 */
export async function blockSize(ort: Ort): Promise<number | undefined> {
  const channels = 2 * Math.max(...blockSizes);
  const recording = tape("block");
  const x = recording.input("x", "float32", [1, channels, 1, 2]);
  recording.output("y", recording.op("ReorderInput", [x]));
  try {
    const session = await ort.InferenceSession.create(encodeModel(recording.graph()), {
      logSeverityLevel: 4,
    });
    const pixels = Float32Array.from({ length: 2 * channels }, (_, i) => i);
    const { y } = await session.run({ x: new ort.Tensor("float32", pixels, [1, channels, 1, 2]) });
    const found = ((await y.getData()) as Float32Array).indexOf(1);
    await session.release();
    return blockSizes.find((size) => size === found);
  } catch {
    return undefined; // a build or processor without these convolutions
  }
}
