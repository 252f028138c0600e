/** `export --half`: a file of half the size, checked as any other, and beside the one it was made of. */
import { setImmediate } from "node:timers/promises";
import { CardError, key as keyOf, purposes, readCard, split } from "@ncsn/core";
import { load, ModelError, readModel, type Model } from "@ncsn/infer/node";
import { decodeModel } from "../decode.ts";
import { graphScore, halfModel } from "../half-model.ts";
import { cardCheckPoints, relativeError, type CheckPoints } from "../verify.ts";
import { outputFile } from "./output-file.ts";
import { checkingProgress } from "./progress.ts";
import { UsageError } from "./usage-error.ts";
import { demand, megabytes, print, show, worse, type Errors } from "./verification.ts";
import { writeVerified } from "./write-verified.ts";

/** What to make, of what was typed. */
export interface HalfOptions {
  /** The file with float32 weights. */
  readonly full: Uint8Array;
  readonly out: string | undefined;
  /** Noise levels to compare scores at. */
  readonly check: number | undefined;
  readonly seed: number | undefined;
  readonly dryRun: boolean;
}

/** Noise levels unless told. */
const usualLevels = 16;
/** Samples that are made of both files, to see what the rounding does to them, and how. */
const parity = { count: 64, sampler: "heun", steps: 18 } as const;

/** What the rounding did. */
interface Parity {
  /** Largest error of the score beside the float32 file's, relative to the rms of that. */
  readonly score: number;
  /** Of samples of the same noise, data's units. */
  readonly largest: number;
  readonly rms: number;
}

/** The bytes of a model file. @throws UsageError where there is none */
export async function fileOf(path: string): Promise<Uint8Array> {
  try {
    const bytes = await readModel(path);
    readCard(bytes);
    return bytes;
  } catch (error) {
    if (error instanceof ModelError) throw new UsageError(error.message, { cause: error });
    if (error instanceof CardError)
      throw new UsageError(`cannot read ${path}: ${error.message}`, { cause: error });
    throw error;
  }
}

/**
 * Writes the half file and prints what came out.
 * @throws UsageError where the file cannot be halved, VerificationError where it computes something else
 */
export async function exportHalf({ full, out, check, seed, dryRun }: HalfOptions): Promise<void> {
  const card = readCard(full);
  const target = outputFile(out, `${card.name}-half`);
  const count = check ?? usualLevels;
  if (dryRun) {
    const checks = `${count} noise levels, and ${parity.count} samples by ${parity.sampler}`;
    return print({ file: target, size: `about half of ${megabytes(full)}`, checks });
  }
  const half = asUsage(() => halfModel(full));
  const points = cardCheckPoints(card, count, split(keyOf(seed ?? card.training.seed ?? 0), purposes.probe));
  const found = await writeVerified(target, half, async (file) => {
    const [rounded, original] = [await opened(file), await opened(full)];
    try {
      const errors = await errorsOf(rounded, half, points);
      demand(target, errors, "its own probe");
      return { ...errors, ...(await parityOf(rounded, original, points)) };
    } finally {
      await Promise.all([rounded.dispose(), original.dispose()]);
    }
  });
  const of = `of the score's rms, at ${count} noise levels`;
  print({
    file: target,
    size: `${megabytes(half)}, of ${megabytes(full)} with float32 weights`,
    "against float64": `${show(found.reference)} ${of}, the weights being rounded`,
    "against probe": `${show(found.probe)} of the score's rms, at ${card.probe.sigmas.length} noise levels`,
    "against float32": `${show(found.score)} ${of}: what the rounding changes`,
    samples: `differ by ${found.largest.toPrecision(2)} at most, ${show(found.rms)} rms (${parity.count} by ${parity.sampler}, ${parity.steps} steps, data's units)`,
  });
}

const opened = (source: string | Uint8Array): Promise<Model> =>
  load(source, { device: "cpu", verify: false });

/** A file in ONNX Runtime beside its own graph in float64, and beside its probe. */
async function errorsOf(model: Model, file: Uint8Array, points: CheckPoints): Promise<Errors> {
  const { graph } = decodeModel(file);
  const actual = await scoresOf(model, points);
  const dimension = actual.length / points.count;
  const progress = checkingProgress(points.count);
  let reference = 0;
  try {
    for (let i = 0; i < points.count; i++) {
      const expected = graphScore(graph, points, i, model.card.shape);
      const own = actual.subarray(i * dimension, (i + 1) * dimension);
      reference = worse(reference, relativeError(expected, own));
      progress.update(i + 1);
      await setImmediate(); // lets Ctrl-C through
    }
  } finally {
    progress.stop();
  }
  return { reference, probe: await model.verify() };
}

async function parityOf(rounded: Model, original: Model, points: CheckPoints): Promise<Parity> {
  const [ours, theirs] = [await scoresOf(rounded, points), await scoresOf(original, points)];
  const dimension = ours.length / points.count;
  let score = 0;
  for (let i = 0; i < points.count; i++) {
    const [from, to] = [i * dimension, (i + 1) * dimension];
    score = worse(
      score,
      relativeError(Float64Array.from(theirs.subarray(from, to)), ours.subarray(from, to)),
    );
  }
  const [made, wanted] = [await rounded.sample(parity), await original.sample(parity)];
  const differences = made.data.map((value, i) => Math.abs(value - wanted.data[i]));
  const squares = differences.reduce((sum, difference) => sum + difference ** 2, 0);
  return {
    score,
    largest: differences.reduce(worse, 0),
    rms: Math.sqrt(squares / differences.length),
  };
}

const scoresOf = (model: Model, { x, sigma, label }: CheckPoints): Promise<Float32Array> =>
  model.score(x, sigma, label && { label: Array.from(label) });

/** What cannot be halved is the file's fault. */
function asUsage<Result>(act: () => Result): Result {
  try {
    return act();
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}
