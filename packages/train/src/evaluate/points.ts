/** `evaluate --points`: what a model of points is worth, as a table, `metrics.json` and a page with plots. */
import { asTyped, load } from "@ncsn/infer/node";
import { UsageError } from "../cli/usage-error.ts";
import { modelFacts, modelRows, type ModelFacts } from "./model-facts.ts";
import { pointsPage } from "./points-page.ts";
import { pointsQuality, type PointsQuality } from "./points-quality.ts";
import type { Evaluation, Finding, Report, Row } from "./report.ts";
import type { ScoreErrors } from "./score-error.ts";

/** What one asks of a model of points: the default where the model is one. */
export const points: Report = {
  summary: "points: samples against the data by MMD, the score against the exact one by noise level",
  count: 10_000,
  options: {},
  writes: true,
  prepare: () => async (evaluation) => {
    const { card, sampling, count, first, seed, signal } = evaluation;
    if (String(card.shape) !== "2,1,1")
      throw new UsageError(
        `${card.name} makes [${card.shape.join(", ")}] (need points of the plane, [2, 1, 1])`,
      );
    const model = await load(evaluation.model, { signal });
    try {
      asTyped(() => model.plan({ ...sampling, count, first, seed })); // refused before anything is measured
      const about = modelFacts(evaluation);
      const quality = await pointsQuality({ ...evaluation, model });
      const rows = [...modelRows(about), ...rowsOf(quality)];
      const metrics = metricsOf(evaluation, about, quality);
      return {
        rows,
        findings: findingsOf(quality),
        files: {
          "metrics.json": `${JSON.stringify(metrics, null, 2)}\n`,
          "report.html": await pointsPage({ evaluation, model, quality, rows }),
        },
      };
    } finally {
      await model.dispose();
    }
  },
};

/** What is measured, for machines: of equal evaluations equal text, so no times and nothing of the machine. */
function metricsOf(
  { dataset, split, first, count, seed }: Evaluation,
  { name, ...about }: ModelFacts,
  { reference: { bandwidth, floor }, distance, score }: PointsQuality,
): object {
  return {
    version: 1,
    model: name,
    ...about,
    dataset: { name: dataset.name, split, first, count },
    seed,
    sampling: distance.sampling,
    distance: {
      kind: "MMD², unbiased, Gaussian kernel",
      bandwidth,
      value: distance.squaredDistance,
      floor,
      ceiling: distance.ceiling,
    },
    ...(score && { scoreError: score }),
  };
}

/** Lines of a table. */
function rowsOf({ reference: { bandwidth, floor }, distance, score }: PointsQuality): readonly Row[] {
  const { sampling, squaredDistance, ceiling } = distance;
  return [
    [
      "sampler",
      `${sampling.sampler}, ${sampling.steps} steps, ${rounded(sampling.evaluations)} evaluations each`,
    ],
    [
      "MMD²",
      `${signed(squaredDistance)} (data against data ${signed(floor.mean)} ± ${floor.deviation.toExponential(1)}; noise ${ceiling.toFixed(3)})`,
    ],
    ["kernel", `Gaussian, of the data's median distance, ${bandwidth.toPrecision(3)}`],
    ...(score === undefined ? [] : scoreRows(score)),
  ];
}

function scoreRows({ overall, levels, points }: ScoreErrors): readonly Row[] {
  const worst = levels.reduce((a, b) => (b.error > a.error ? b : a));
  return [
    ["error of the score", `${percent(overall)} of its rms, all noise levels weighted by sigma²`],
    [
      "where it is largest",
      `${percent(worst.error)} ± ${percent(worst.standardError)} at sigma ${worst.sigma.toPrecision(2)}, over ${points} points`,
    ],
  ];
}

const findingsOf = ({ distance, score }: PointsQuality): readonly Finding[] => [
  { name: "MMD²", value: distance.squaredDistance },
  ...(score ? [{ name: "score error", value: score.overall }] : []),
];

const signed = (value: number): string => value.toExponential(1);
const percent = (share: number): string => `${Number((100 * share).toPrecision(2))} %`;
const rounded = (value: number): string => String(Math.round(value));
