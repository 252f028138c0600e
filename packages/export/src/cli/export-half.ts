/** `export --half`: a file of half the size, checked as any other, and beside the one it was made of. */
import { readCard } from "@ncsn/core";
import type { Model } from "@ncsn/infer/node";
import { decodeModel } from "../decode.ts";
import { halfModel } from "../half-model.ts";
import { multiplyAdds } from "../multiply-adds.ts";
import { checkCount, relativeError, type CheckPoints } from "../verify.ts";
import { filePoints, opened, ownErrors, scoresOf, type FileCheck } from "./file-errors.ts";
import { asUsage } from "./model-file.ts";
import { outputFile } from "./output-file.ts";
import { describeSampler } from "./sampler-choice.ts";
import { megabytes, print, show, worse } from "./verification.ts";
import { writeVerified } from "./write-verified.ts";

/** What to make, of what was typed. */
export interface HalfOptions extends FileCheck {
  /** The file with float32 weights. */
  readonly full: Uint8Array;
  readonly out: string | undefined;
  readonly dryRun: boolean;
}

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

/**
 * Writes the half file and prints what came out.
 * @throws UsageError where the file cannot be halved, VerificationError where it computes something else
 */
export async function exportHalf({ full, out, check, seed, dryRun }: HalfOptions): Promise<void> {
  const card = readCard(full);
  const target = outputFile(out, `${card.name}${card.guide ? "-guided" : ""}-half`);
  const count = check ?? checkCount(multiplyAdds(decodeModel(full).graph));
  const sampler = describeSampler(card);
  if (dryRun) {
    const checks = `${count} noise levels, and ${parity.count} samples by ${parity.sampler}`;
    return print({ file: target, size: `about half of ${megabytes(full.length)}`, sampler, checks });
  }
  const half = asUsage(() => halfModel(full));
  const points = filePoints(card, count, seed);
  const found = await writeVerified(target, half, async (file) => {
    const [rounded, original] = [await opened(file), await opened(full)];
    try {
      const errors = await ownErrors(target, rounded, decodeModel(half).graph, points);
      return { ...errors, ...(await parityOf(rounded, original, points)) };
    } finally {
      await Promise.all([rounded.dispose(), original.dispose()]);
    }
  });
  const of = `of the score's rms, at ${count} noise levels`;
  print({
    file: target,
    size: `${megabytes(half.length)}, of ${megabytes(full.length)} with float32 weights`,
    sampler,
    "against float64": `${show(found.reference)} ${of}, the weights being rounded`,
    "against probe": `${show(found.probe)} of the score's rms, at ${card.probe.sigmas.length} noise levels`,
    "against float32": `${show(found.score)} ${of}: what the rounding changes`,
    samples: `differ by ${found.largest.toPrecision(2)} at most, ${show(found.rms)} rms (${parity.count} by ${parity.sampler}, ${parity.steps} steps, data's units)`,
  });
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
