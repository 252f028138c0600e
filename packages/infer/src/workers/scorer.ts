import type { Given, PerImage } from "@ncsn/core";
import type { Tensor } from "onnxruntime-common";
import type { Session } from "./session.ts";

/** Scores of a fixed number of images. */
export type Scorer = (x: Float32Array, sigma: PerImage, out: Float32Array, given?: Given) => Promise<void>;

/** What a scorer is for. */
export interface ScorerOptions {
  readonly count: number;
  /** Images per run. */
  readonly batch: number;
  readonly labels?: Int32Array;
  /** Called before every run; throws to stop. */
  readonly check?: () => Promise<void>;
}

/**
 * Scores `count` images in runs of `batch`. ONNX Runtime reads and writes the caller's arrays; the tensors over them
 * are made once per array. σ goes from float64 to float32 here and nowhere else.
 */
export function createScorer(
  session: Session,
  { count, batch: wanted, labels, check }: ScorerOptions,
): Scorer {
  const { Tensor: Values, run: runNetwork, card, dimension, fixedBatch } = session;
  const batch = fixedBatch ?? Math.min(wanted, count);
  const runs = Math.ceil(count / batch);
  const sizeOf = (run: number) => fixedBatch ?? Math.min(batch, count - run * batch);
  const tensor = (values: Float32Array) =>
    new Values("float32", values, [values.length / dimension, ...card.shape]);
  const sigmas = new Float32Array(runs * batch).fill(1);
  const levels = Array.from({ length: runs }, (_, run) => {
    const size = sizeOf(run);
    return new Values("float32", sigmas.subarray(run * batch, run * batch + size), [size]);
  });
  const classesOf = (labels: Int32Array) =>
    Array.from({ length: runs }, (_, run) => {
      const values = new Int32Array(sizeOf(run)).fill(-1);
      values.set(labels.subarray(run * batch, run * batch + batch));
      return new Values("int32", values, [values.length]);
    });
  const classes = labels && { labels: classesOf(labels), nothing: classesOf(new Int32Array(count).fill(-1)) };
  // A fixed batch that does not divide the count: the last run goes through arrays of its own.
  const rest = fixedBatch === undefined ? 0 : count % batch;
  const spareX = new Float32Array(rest && batch * dimension);
  const spareOut = new Float32Array(rest && batch * dimension);
  const spare = rest > 0 ? { x: tensor(spareX), out: tensor(spareOut) } : undefined;
  const whole = spare ? runs - 1 : runs;
  const tensors = perArray((array) =>
    Array.from({ length: whole }, (_, run) =>
      tensor(array.subarray(run * batch * dimension, (run * batch + sizeOf(run)) * dimension)),
    ),
  );

  return async (x, sigma, out, given = "labels") => {
    for (let i = 0; i < count; i++) sigmas[i] = typeof sigma === "number" ? sigma : sigma[i];
    const [from, to] = [tensors(x), tensors(out)];
    for (let run = 0; run < runs; run++) {
      await check?.();
      const last = run === whole ? spare : undefined;
      if (last) spareX.set(x.subarray(run * batch * dimension));
      const feeds: Record<string, Tensor> = { x: last?.x ?? from[run], sigma: levels[run] };
      if (classes) feeds.label = classes[given][run];
      await runNetwork(feeds, { score: last?.out ?? to[run] });
      if (last) out.set(spareOut.subarray(0, rest * dimension), run * batch * dimension);
    }
  };
}

/** A function of arrays that remembers what it made of each. */
function perArray<Value>(make: (array: Float32Array) => Value): (array: Float32Array) => Value {
  const made = new WeakMap<Float32Array, Value>();
  return (array) => {
    let value = made.get(array);
    if (value === undefined) made.set(array, (value = make(array)));
    return value;
  };
}
