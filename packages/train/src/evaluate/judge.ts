/** A judge at work: a classifier's features and class probabilities of images, by ONNX Runtime on the CPU. */
import { readJudgeCard, type JudgeCard } from "@ncsn/core";
import { ModelError } from "@ncsn/infer";
import { readModel } from "@ncsn/infer/node";

/** What a judge says of images, row by row. */
export interface Judgement {
  /** [count, width] */
  readonly features: Float32Array;
  /** [count, classes]; each row sums to 1. */
  readonly probabilities: Float32Array;
}

/** An opened judge. */
export interface Judge {
  readonly card: JudgeCard;
  /**
   * Judges images. What it says of one depends neither on the others nor on how many they are.
   * @param pixels [count, C, H, W] from 0 to 1
   * @throws RangeError where they are not count images of the card's shape, or the judge has been disposed of
   */
  judge(pixels: Float32Array, count: number): Promise<Judgement>;
  dispose(): Promise<void>;
}

/** Images of one run: activations of a few stay in the cache. */
const runSize = 64;

/**
 * Opens a judge.
 * @param source path, URL or bytes of a file that `pnpm judge` made
 * @throws ModelError where it cannot be read, CardError where it is not a judge
 */
export async function openJudge(
  source: string | Uint8Array,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<Judge> {
  const bytes = await readModel(source, signal);
  const card = readJudgeCard(bytes);
  const ort = await import("onnxruntime-node");
  signal?.throwIfAborted();
  const session = await ort.InferenceSession.create(bytes, {
    executionProviders: ["cpu"],
    graphOptimizationLevel: "all",
    logSeverityLevel: 3,
    extra: { session: { set_denormal_as_zero: "1" } },
  }).catch((error: unknown) => {
    throw new ModelError(`ONNX Runtime cannot open the judge ${card.name}: ${String(error)}`);
  });
  const dimension = card.shape.reduce((a, b) => a * b, 1);
  const classes = card.classes.length;
  let open = true;

  return {
    card,

    async judge(pixels, count) {
      if (!open) throw new RangeError(`the judge ${card.name} has been disposed of`);
      if (pixels.length !== count * dimension)
        throw new RangeError(
          `invalid pixels: ${pixels.length} values (need ${count} images of ${card.shape.join("x")})`,
        );
      const features = new Float32Array(count * card.width);
      const probabilities = new Float32Array(count * classes);
      for (let from = 0; from < count; from += runSize) {
        signal?.throwIfAborted();
        const to = Math.min(from + runSize, count);
        const part = pixels.subarray(from * dimension, to * dimension);
        const x = new ort.Tensor("float32", part, [to - from, ...card.shape]);
        const said = await session.run({ x });
        features.set(said.features.data as Float32Array, from * card.width);
        const logits = said.logits.data as Float32Array;
        for (let i = from; i < to; i++)
          probabilities.set(
            softmax(logits.subarray((i - from) * classes, (i - from + 1) * classes)),
            i * classes,
          );
      }
      return { features, probabilities };
    },

    async dispose() {
      if (!open) return;
      open = false;
      await session.release();
    },
  };
}

/** In float64, so that the probabilities of an image sum to 1 as well as float32 can. */
function softmax(logits: Float32Array): Float64Array {
  const peak = Math.max(...logits);
  const powers = Float64Array.from(logits, (logit) => Math.exp(logit - peak));
  const total = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / total);
}
