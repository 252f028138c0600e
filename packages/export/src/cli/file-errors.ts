/** A file in ONNX Runtime beside what its scores should be. */
import { setImmediate } from "node:timers/promises";
import { load, type Model } from "@ncsn/infer/node";
import { relativeError, type CheckPoints } from "../verify.ts";
import { checkingProgress } from "./progress.ts";
import { worse, type Errors } from "./verification.ts";

/** Opens a file, whatever its probe says. */
export const opened = (source: string | Uint8Array): Promise<Model> =>
  load(source, { device: "cpu", verify: false });

/** What a model says of check points. */
export const scoresOf = (model: Model, { x, sigma, label }: CheckPoints): Promise<Float32Array> =>
  model.score(x, sigma, label && { label: Array.from(label) });

/** @param expected the score of check point `i`, in float64 */
export async function fileErrors(
  model: Model,
  points: CheckPoints,
  expected: (i: number) => Float64Array,
): Promise<Errors> {
  const actual = await scoresOf(model, points);
  const dimension = actual.length / points.count;
  const progress = checkingProgress(points.count);
  let reference = 0;
  try {
    for (let i = 0; i < points.count; i++) {
      const own = actual.subarray(i * dimension, (i + 1) * dimension);
      reference = worse(reference, relativeError(expected(i), own));
      progress.update(i + 1);
      await setImmediate(); // lets Ctrl-C through
    }
  } finally {
    progress.stop();
  }
  return { reference, probe: await model.verify() };
}
