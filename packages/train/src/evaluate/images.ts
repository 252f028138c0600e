/** `evaluate --images`: how good the samples of a model of images are, as a table, `metrics.json` and a page. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { isImage } from "@ncsn/core";
import { asTyped, labelsOf, load, readModel, type SampleRequest } from "@ncsn/infer/node";
import { integer, numbers } from "../cli/option-values.ts";
import { UsageError } from "../cli/usage-error.ts";
import { imagesFindings, imagesMetrics, imagesRows, type ImagesQuality } from "./images-numbers.ts";
import { imagesPage } from "./images-page.ts";
import { openJudge, type Judge } from "./judge.ts";
import { modelFacts } from "./model-facts.ts";
import { quality } from "./quality/quality.ts";
import { openReference, referenceSize, type Reference } from "./quality/reference.ts";
import { sampleImages } from "./quality/sample-images.ts";
import type { Evaluation, Report } from "./report.ts";

/** What one asks of a model of images: the default where the model is one. */
export const images: Report = {
  summary:
    "images: samples against the data by Fréchet distance, KID, precision and recall, and what is memorised",
  count: 5000,
  readsItems: false,
  writes: true,
  options: {
    judge: {
      describe: "file of the judge whose features are compared",
      default: "models/judge-DATASET.onnx",
    },
    label: { describe: "class of the samples, by name or number; several in turn as 0,1,2", default: "none" },
    guidance: { describe: "with --label: how much more closely to follow it than the data do", default: "0" },
    "test-count": {
      describe: "test images to compare with, at most",
      default: String(referenceSize.test),
    },
    "train-count": {
      describe: "training images to draw the floor and the nearest from, at most",
      default: String(referenceSize.train),
    },
  },
  prepare(options) {
    const [guidance, ...more] = numbers("guidance", options.guidance, -Infinity);
    if (more.length > 0) throw new UsageError(`invalid guidance: ${options.guidance} (need a number)`);
    const settings: Settings = {
      judge: options.judge,
      label: options.label === images.options.label.default ? undefined : options.label,
      guidance,
      testCount: integer("test-count", options["test-count"], fewest),
      trainCount: integer("train-count", options["train-count"], fewest),
    };
    return async (evaluation) => {
      const found = await imagesQuality(evaluation, settings);
      return {
        rows: imagesRows(found),
        findings: imagesFindings(found),
        files: {
          "metrics.json": `${JSON.stringify(imagesMetrics(found), null, 2)}\n`,
          "report.html": await imagesPage(found),
        },
      };
    };
  },
};

/** The options, read. */
interface Settings {
  /** Path of the judge; DATASET in it stands for the data set's name. */
  readonly judge: string;
  readonly label: string | undefined;
  readonly guidance: number;
  readonly testCount: number;
  readonly trainCount: number;
}

async function imagesQuality(evaluation: Evaluation, settings: Settings): Promise<ImagesQuality> {
  const { model: bytes, card, split, first, count, seed, batch, sampling, signal } = evaluation;
  if (!isImage(card)) throw new UsageError(`${card.name} makes points (need images, [C, H, W])`);
  if (split !== "test")
    throw new UsageError(
      `invalid split: ${split} (samples are compared with test images, their floor comes from training images)`,
    );
  if (count < fewest) throw new UsageError(`invalid count: ${count} (need an integer >= ${fewest})`);
  const { label: typed, guidance } = settings;
  const label = typed === undefined ? undefined : labelsOf(card, typed, count, first);
  const request: SampleRequest = { ...sampling, count, first, seed, batch, label, guidance, signal };
  const part = (from: number, to: number) => (share: number) =>
    evaluation.progress(Math.floor(1000 * (from + share * (to - from))), 1000);

  const about = modelFacts(evaluation);
  const judge = await judgeFrom(settings.judge, evaluation);
  try {
    const model = await load(bytes, { signal });
    try {
      asTyped(() => model.plan(request)); // refused before anything is measured
      const reference = await referenceOf(evaluation, judge, settings, part(0, 0.25));
      const samples = await sampleImages(model, request, (done, total) => part(0.25, 0.9)(done / total));
      return {
        model: about,
        judge: judge.card,
        files: { model: hashOf(bytes), judge: judge.hash },
        reference,
        samples,
        quality: await quality(samples.pixels, reference, { judge, signal, progress: part(0.9, 1) }),
      };
    } finally {
      await model.dispose();
    }
  } finally {
    await judge.dispose();
  }
}

/** Images that the numbers can be taken of: KID deals them out to ten parts of two. */
const fewest = 20;

/** @throws UsageError where there is none, or it judges other images */
async function judgeFrom(
  path: string,
  { card, dataset: { name }, signal }: Evaluation,
): Promise<HashedJudge> {
  const file = path.replace("DATASET", name);
  if (!existsSync(file))
    throw new UsageError(
      `no judge ${file} (train one by pnpm judge --dataset ${name}, or give --judge FILE)`,
    );
  const bytes = await readModel(file);
  const judge = await openJudge(bytes, { signal });
  if (String(judge.card.shape) === String(card.shape)) return { ...judge, hash: hashOf(bytes) };
  await judge.dispose();
  throw new UsageError(
    `${file} judges images [${judge.card.shape.join(", ")}], ${card.name} makes [${card.shape.join(", ")}]`,
  );
}

/** A judge and the SHA-256 of its file. */
type HashedJudge = Judge & { readonly hash: string };

/** The last reference that was made: `evaluate --all` measures many samplings against one. */
let kept: { readonly of: string; readonly reference: Reference } | undefined;

async function referenceOf(
  { card, dataset, data, count, seed, open, signal }: Evaluation,
  judge: HashedJudge,
  { testCount, trainCount }: Settings,
  progress: (share: number) => void,
): Promise<Reference> {
  // Of a procedural set, the images that the model was trained on are drawn from its run's seed.
  const { seed: trainedWith } = card.training as { readonly seed?: number };
  const [train, test] = await Promise.all([open("train", trainedWith), open("test", trainedWith)]);
  const available = Math.min(train.size, trainCount);
  if (count > available)
    throw new UsageError(`invalid count: ${count} (${train.name} has ${available} images to compare with)`);
  const of = JSON.stringify([
    dataset.name,
    data,
    trainedWith,
    judge.hash,
    count,
    seed,
    testCount,
    trainCount,
  ]);
  if (kept?.of !== of) {
    kept = undefined; // frees its memory before the next takes as much
    const options = { train, test, judge, count, seed, testCount, trainCount, signal, progress };
    kept = { of, reference: await openReference(options) };
  }
  return kept.reference;
}

const hashOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
