/** A network in ONNX Runtime: opened on a device, checked against its card, run without allocating in between. */
import type { Card, Given, PerImage } from "@ncsn/core";
import type { InferenceSession, Tensor } from "onnxruntime-node";
import type { DeviceName } from "../device.ts";
import { ModelError } from "../model.ts";
import { runtime, type Runtime } from "./runtime.ts";

/** An open network. */
export interface Session {
  readonly ort: typeof Runtime;
  /** Runs the network on feeds, into the tensors given as fetches. */
  readonly run: (feeds: Record<string, Tensor>, fetches: Record<string, Tensor>) => Promise<unknown>;
  readonly card: Card;
  /** Values per image. */
  readonly dimension: number;
  /** The batch that the file is bound to, where it is. */
  readonly fixedBatch: number | undefined;
  readonly release: () => Promise<void>;
}

/** @throws ModelError where the network cannot be opened or is not what its card says */
export async function openSession(
  model: Uint8Array,
  card: Card,
  device: DeviceName,
  threads: number,
): Promise<Session> {
  const ort = await runtime();
  const inference = await ort.InferenceSession.create(model, {
    executionProviders: device === "cpu" ? ["cpu"] : [device, "cpu"],
    graphOptimizationLevel: "all",
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
    extra: { session: { set_denormal_as_zero: "1" } },
  }).catch((error: unknown) => {
    throw new ModelError(`ONNX Runtime cannot open this network on ${device}: ${firstLine(error)}`);
  });
  const [channels, height, width] = card.shape;
  return {
    ort,
    run: (feeds, fetches) => inference.run(feeds, fetches),
    card,
    dimension: channels * height * width,
    fixedBatch: checkSignature(inference, card),
    release: () => inference.release(),
  };
}

/** Inputs and outputs are those of the contract and of the card's shape. @returns the fixed batch, if any */
function checkSignature(inference: InferenceSession, card: Card): number | undefined {
  const wanted: Record<string, string> = {
    x: "float32",
    sigma: "float32",
    ...(card.classes && { label: "int32" }),
  };
  const shapes = new Map<string, readonly (number | string)[]>();
  for (const metadata of [...inference.inputMetadata, ...inference.outputMetadata])
    if (metadata.isTensor) shapes.set(`${metadata.name} ${metadata.type}`, metadata.shape);
  const missing = Object.entries({ ...wanted, score: "float32" }).filter(
    ([name, type]) => !shapes.has(`${name} ${type}`),
  );
  const extra = inference.inputNames.filter((name) => !(name in wanted));
  const found = `it takes ${inference.inputNames.join(", ")} and gives ${inference.outputNames.join(", ")}`;
  if (missing.length > 0)
    throw new ModelError(
      `this network has no ${missing.map(([name, type]) => `${name} (${type})`).join(", ")}: ${found}`,
    );
  if (extra.length > 0) throw new ModelError(`this network wants more than its card says: ${found}`);
  for (const name of ["x", "score"]) {
    const shape = shapes.get(`${name} float32`) ?? [];
    const fits =
      shape.length === 4 &&
      card.shape.every((size, i) => typeof shape[i + 1] === "string" || shape[i + 1] === size);
    if (!fits)
      throw new ModelError(
        `${name} of this network is [${shape.join(", ")}], its card says [batch, ${card.shape.join(", ")}]`,
      );
  }
  const batch = shapes.get("x float32")?.[0];
  return typeof batch === "number" ? batch : undefined;
}

/** Scores of a fixed number of images. */
export type Scorer = (x: Float32Array, sigma: PerImage, out: Float32Array, given?: Given) => Promise<void>;

/** What a scorer is for. */
export interface ScorerOptions {
  readonly count: number;
  /** Images per run. */
  readonly batch: number;
  readonly labels?: Int32Array;
  /** Called before every run; throws to stop. */
  readonly check?: () => void;
}

/**
 * Scores `count` images in runs of `batch`. ONNX Runtime reads and writes the caller's arrays; the tensors over them
 * are made once per array. σ goes from float64 to float32 here and nowhere else.
 */
export function createScorer(
  session: Session,
  { count, batch: wanted, labels, check }: ScorerOptions,
): Scorer {
  const { ort, run: runNetwork, card, dimension, fixedBatch } = session;
  const batch = fixedBatch ?? Math.min(wanted, count);
  const runs = Math.ceil(count / batch);
  const sizeOf = (run: number) => fixedBatch ?? Math.min(batch, count - run * batch);
  const tensor = (values: Float32Array) =>
    new ort.Tensor("float32", values, [values.length / dimension, ...card.shape]);
  const sigmas = new Float32Array(runs * batch).fill(1);
  const levels = Array.from({ length: runs }, (_, run) => {
    const size = sizeOf(run);
    return new ort.Tensor("float32", sigmas.subarray(run * batch, run * batch + size), [size]);
  });
  const classesOf = (labels: Int32Array) =>
    Array.from({ length: runs }, (_, run) => {
      const values = new Int32Array(sizeOf(run)).fill(-1);
      values.set(labels.subarray(run * batch, run * batch + batch));
      return new ort.Tensor("int32", values, [values.length]);
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
      check?.();
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

/** The message of whatever was thrown, in one line. */
export function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).trim().split("\n")[0];
}
