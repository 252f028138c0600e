/** `export --from FILE --sampler`: a file that differs from another in its card alone, checked as any other. */
import { readCard } from "@ncsn/core";
import { decodeModel } from "../decode.ts";
import { multiplyAdds } from "../multiply-adds.ts";
import { checkCount } from "../verify.ts";
import { filePoints, opened, ownErrors, type FileCheck } from "./file-errors.ts";
import { outputFile } from "./output-file.ts";
import { describeSampler } from "./sampler-choice.ts";
import { megabytes, print, show } from "./verification.ts";
import { writeVerified } from "./write-verified.ts";

/** What to write, of what was typed. */
export interface CardOptions extends FileCheck {
  /** The file, with its new card. */
  readonly model: Uint8Array;
  readonly out: string | undefined;
  readonly dryRun: boolean;
}

/** Writes the file and prints what came out. @throws VerificationError where it computes something else */
export async function exportCard({ model, out, check, seed, dryRun }: CardOptions): Promise<void> {
  const card = readCard(model);
  const target = outputFile(out, card.name);
  const { graph } = decodeModel(model);
  const count = check ?? checkCount(multiplyAdds(graph));
  const facts = { file: target, size: megabytes(model.length), sampler: describeSampler(card) };
  if (dryRun) return print({ ...facts, checks: `${count} noise levels` });
  const points = filePoints(card, count, seed);
  const errors = await writeVerified(target, model, async (file) => {
    const written = await opened(file);
    try {
      return await ownErrors(target, written, graph, points);
    } finally {
      await written.dispose();
    }
  });
  print({
    ...facts,
    "against float64": `${show(errors.reference)} of the score's rms, at ${count} noise levels`,
    "against probe": `${show(errors.probe)} of the score's rms, at ${card.probe.sigmas.length} noise levels`,
  });
}
