/** `export --guide`: a model and its guide in one file, held to the scores of the two. */
import { readCard } from "@ncsn/core";
import { decodeModel } from "../decode.ts";
import { graphScore } from "../graph-score.ts";
import { guidedModel } from "../guided-model.ts";
import { multiplyAdds } from "../multiply-adds.ts";
import { checkCount } from "../verify.ts";
import { exportHalf } from "./export-half.ts";
import { fileErrors, filePoints, opened, type FileCheck } from "./file-errors.ts";
import { outputFile } from "./output-file.ts";
import { describeSampler } from "./sampler-choice.ts";
import { demand, megabytes, print, show, type Errors } from "./verification.ts";
import { writeVerified } from "./write-verified.ts";

/** What to make, of what was typed. */
export interface GuidedOptions extends FileCheck {
  readonly main: Uint8Array;
  readonly guide: Uint8Array;
  readonly weight: number;
  readonly out: string | undefined;
  /** Float16 weights. */
  readonly half: boolean;
  readonly dryRun: boolean;
}

/**
 * Writes the guided file and prints what came out.
 * @throws TypeError where the two do not go together, VerificationError where the file computes something else
 */
export async function exportGuided(options: GuidedOptions): Promise<void> {
  const { main, guide, weight, out, check, seed, half, dryRun } = options;
  const [card, guideCard] = [readCard(main), readCard(guide)];
  const target = outputFile(out, `${card.name}-guided${half ? "-half" : ""}`);
  const graphs = [main, guide].map((file) => decodeModel(file).graph);
  const [ours, theirs] = graphs.map(multiplyAdds);
  const count = check ?? checkCount(ours + theirs);
  const large = (number: number): string => number.toLocaleString("en");
  const facts = {
    guide: `${guideCard.name}${trainedFor(guideCard.training.images)}, weight ${weight}`,
    "multiply-adds": `${large(ours + theirs)} an image, ${large(theirs)} of them the guide's`,
    sampler: describeSampler(card),
  };
  if (dryRun) {
    const size = `about ${megabytes(main.length + guide.length)}${half ? ", halved" : ""}`;
    return print({ file: target, size, ...facts, checks: `${count} noise levels` });
  }

  const guided = guidedModel(main, guide, weight);
  const points = filePoints(card, count, seed);
  const checked = async (source: string | Uint8Array): Promise<Errors> => {
    const model = await opened(source);
    try {
      // By the two files it was made of, not by its own graph.
      const found = await fileErrors(model, points, (i) => {
        const [score, worse] = graphs.map((graph) => graphScore(graph, points, i, card.shape));
        return score.map((value, at) => value + weight * (value - worse[at]));
      });
      demand(target, found, "its own probe");
      return found;
    } finally {
      await model.dispose();
    }
  };
  if (half) {
    await checked(guided); // what is then rounded is right
    return exportHalf({ full: guided, out: target, check, seed, dryRun });
  }
  const errors = await writeVerified(target, guided, checked);
  print({
    file: target,
    size: `${megabytes(guided.length)}: the model's ${megabytes(main.length)}, the guide's ${megabytes(guide.length)}`,
    ...facts,
    "against float64": `${show(errors.reference)} of the score's rms, at ${count} noise levels, of both files`,
    "against probe": `${show(errors.probe)} of the score's rms, at ${card.probe.sigmas.length} noise levels`,
  });
}

const trainedFor = (images: number | undefined): string =>
  images === undefined ? "" : `, trained on ${images.toLocaleString("en")} images`;
