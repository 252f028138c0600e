/** The numbers of `evaluate --images`: as a table for people, and whole for machines. */
import type { JudgeCard } from "@ncsn/core";
import { thisMachine } from "../bench/machine.ts";
import { count as shown } from "../cli/show.ts";
import { modelRows, type ModelFacts } from "./model-facts.ts";
import { confident } from "./quality/measures.ts";
import type { Quality } from "./quality/quality.ts";
import type { Reference, Spread } from "./quality/reference.ts";
import type { SampledImages } from "./quality/sample-images.ts";
import type { Finding, Row } from "./report.ts";

/** Everything that `evaluate --images` finds. */
export interface ImagesQuality {
  readonly model: ModelFacts;
  readonly judge: JudgeCard;
  /** SHA-256 of the files, hexadecimal. */
  readonly files: { readonly model: string; readonly judge: string };
  readonly reference: Reference;
  readonly samples: SampledImages;
  readonly quality: Quality;
}

/** A measure of the samples, and what it is of real images and of noise. */
export interface Comparison {
  readonly name: string;
  readonly samples: string;
  readonly real: string;
  readonly noise: string;
}

/** The distances beside their floor and their ceiling. */
export function comparisons({
  reference: { floor, ceiling },
  quality,
}: ImagesQuality): readonly Comparison[] {
  const line = (name: string, of: "frechet" | "precision" | "recall"): Comparison => ({
    name,
    samples: digits(quality[of]),
    real: spread(floor[of]),
    noise: digits(ceiling[of]),
  });
  return [
    line("Fréchet distance", "frechet"),
    {
      name: "KID",
      samples: plusMinus(quality.kernel.value, quality.kernel.error),
      real: spread(floor.kernel),
      noise: plusMinus(ceiling.kernel.value, ceiling.kernel.error),
    },
    line("precision", "precision"),
    line("recall", "recall"),
  ];
}

/** What was compared, and what was found of the samples one by one. */
export function facts(found: ImagesQuality): {
  readonly before: readonly Row[];
  readonly after: readonly Row[];
} {
  const { model, judge, reference, samples, quality } = found;
  const { test, train, classes } = reference;
  const { plan, evaluations } = samples;
  const agreement = agreementOf(samples, quality);
  const counts = quality.classes.map((n, label) => `${classes[label]}: ${shown(n)}`).join(", ");
  return {
    before: [
      ...modelRows(model),
      [
        "samples",
        `${shown(plan.count)} of seed ${plan.seed}, ${plan.sampler}, ${plan.steps} steps, ${shown(Math.round(evaluations))} score evaluations each`,
      ],
      [
        "reference",
        `${shown(test.judged.images.count)} test images of ${reference.dataset}; ${shown(train.count)} training images`,
      ],
      ["judge", `${judge.name}, right on ${percent(judge.test.accuracy)} of the test images`],
    ],
    after: [
      [
        "over real images",
        `${digits(quality.frechetOverFloor)} times their Fréchet distance; ${percent(quality.frechetOverCeiling)} of noise's`,
      ],
      [
        "recognised",
        `${percent(quality.confident)} with more than ${confident} (test images ${percent(test.confident)})`,
      ],
      ...(agreement === undefined ? [] : [["of their label", percent(agreement)] as const]),
      ["classes", `${counts} (χ² per degree of freedom ${digits(quality.classesChiSquared)})`],
      [
        "nearest training image",
        `1st percentile ${digits(quality.nearness.first)}, ${digits(quality.nearnessRatio.first)} of test images'; ` +
          `median ${digits(quality.nearness.median)}, ${digits(quality.nearnessRatio.median)} of theirs`,
      ],
    ],
  };
}

/** Lines of a table for a terminal. */
export function imagesRows(found: ImagesQuality): readonly Row[] {
  const { before, after } = facts(found);
  const compared = comparisons(found).map(({ name, samples, real, noise }): Row => [
    name,
    `${samples} (real images ${real}, noise ${noise})`,
  ]);
  return [...before, ...compared, ...after];
}

/** What a table over many samplings has. */
export function imagesFindings({
  samples,
  quality,
  reference: { floor },
}: ImagesQuality): readonly Finding[] {
  const { draws, disjoint, frechet } = floor;
  const { mean, deviation } = frechet; // of draws that share images it says too little
  return [
    { name: "frechet", value: quality.frechet },
    { name: "frechet floor", value: mean, ...(disjoint && { error: deviation / Math.sqrt(draws) }) },
    { name: "frechet over floor", value: quality.frechetOverFloor },
    { name: "kid", ...quality.kernel },
    { name: "precision", value: quality.precision },
    { name: "recall", value: quality.recall },
    { name: "recognised", value: quality.confident },
    { name: "nearness ratio", value: quality.nearnessRatio.first },
    { name: "evaluations", value: samples.evaluations },
  ];
}

/** All of it. Of equal evaluations on one machine equal text: no times. */
export function imagesMetrics(found: ImagesQuality): object {
  const { model, judge, files, reference, samples, quality } = found;
  const { plan, evaluations } = samples;
  const { test, train, floor, ceiling } = reference;
  const { node, onnxruntime } = thisMachine();
  const { labels: _, ...measured } = quality;
  return {
    version: 1,
    model: { ...model, sha256: files.model },
    judge: { name: judge.name, sha256: files.judge, accuracy: judge.test.accuracy },
    dataset: {
      name: reference.dataset,
      split: "test",
      test: test.judged.images.count,
      train: train.count,
      classes: reference.classes,
    },
    sampling: {
      count: plan.count,
      first: plan.first,
      seed: plan.seed,
      sampler: plan.sampler,
      schedule: plan.schedule,
      steps: plan.steps,
      options: plan.options,
      ...plan.range,
      evaluations,
      ...(plan.labels && { labels: [...new Set(plan.labels)] }),
      guidance: plan.control.guidance,
    },
    samples: { ...measured, agreement: agreementOf(samples, quality) },
    floor,
    ceiling,
    testImages: { confident: test.confident, classes: test.classes, nearness: test.nearness },
    software: { node, onnxruntime },
  };
}

/** The share of samples that the judge finds to be of the class that was asked for; undefined where none was. */
function agreementOf({ plan: { labels } }: SampledImages, { labels: seen }: Quality): number | undefined {
  if (labels === undefined || labels.every((label) => label === -1)) return undefined;
  return labels.reduce((sum, label, i) => sum + (label === seen[i] ? 1 : 0), 0) / labels.length;
}

const digits = (value: number): string => String(Number(value.toPrecision(3)));
const percent = (share: number): string => `${(100 * share).toFixed(share < 0.1 ? 2 : 1)} %`;
const spread = ({ mean, deviation }: Spread): string => plusMinus(mean, deviation);

/** A number and its error, which has two digits and says how many the number has. */
function plusMinus(value: number, error: number): string {
  if (!(error > 0)) return `${digits(value)} ± ${error}`;
  const decimals = Math.max(0, 1 - Math.floor(Math.log10(error)));
  return `${value.toFixed(decimals)} ± ${error.toFixed(decimals)}`;
}
