/** `evaluate --points`: what a model of points is worth, as a table, `metrics.json` and a page with plots. */
import { asTyped, load } from "@ncsn/infer/node";
import { UsageError } from "../cli/usage-error.ts";
import { pointsPage } from "./points-page.ts";
import { pointsQuality, type PointsQuality } from "./points-quality.ts";
import type { Evaluation, Finding, Found, Report, Row } from "./report.ts";

/** What one asks of a model of points: the default where the model is one. */
export const points: Report = {
  summary: "points: samples against the data by MMD, the score against the exact one by noise level",
  count: 10_000,
  options: {},
  writes: true,
  prepare: () => async (evaluation) => {
    const {
      model: bytes,
      card,
      dataset,
      split,
      first,
      count,
      seed,
      sampling,
      batch,
      signal,
      progress,
    } = evaluation;
    if (String(card.shape) !== "2,1,1")
      throw new UsageError(
        `${card.name} makes [${card.shape.join(", ")}] (need points of the plane, [2, 1, 1])`,
      );
    const model = await load(bytes, { signal });
    try {
      const about = { model, dataset, first, count, seed, sampling, batch, signal, progress };
      asTyped(() => model.plan({ ...sampling, count, first, seed }));
      const found = await pointsQuality(about);
      const { rows, findings } = summarised(found);
      const of = `${count} samples and ${count} points of ${dataset.name} (${split}), from ${first}, seed ${seed}`;
      const page = await pointsPage({ model, dataset, quality: found, of, rows });
      return {
        rows,
        findings,
        files: {
          "metrics.json": `${JSON.stringify(metricsOf(evaluation, found), null, 2)}\n`,
          "report.html": page,
        },
      };
    } finally {
      await model.dispose();
    }
  },
};

/** What is measured, for machines: of equal evaluations equal text, so no times and nothing of the machine. */
export function metricsOf(
  {
    card,
    dataset,
    split,
    first,
    count,
    seed,
  }: Pick<Evaluation, "card" | "dataset" | "split" | "first" | "count" | "seed">,
  { reference: { bandwidth, floor }, distance, score }: PointsQuality,
): object {
  return {
    version: 1,
    model: card.name,
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

function summarised({ reference: { bandwidth, floor }, distance, score }: PointsQuality): Found {
  const { sampling, squaredDistance, ceiling } = distance;
  const rows: Row[] = [
    [
      "sampler",
      `${sampling.sampler}, ${sampling.steps} steps, ${rounded(sampling.evaluations)} evaluations each`,
    ],
    [
      "MMD²",
      `${signed(squaredDistance)} (data against data ${signed(floor.mean)} ± ${floor.deviation.toExponential(1)}; noise ${ceiling.toFixed(3)})`,
    ],
    ["kernel", `Gaussian, of the data's median distance, ${bandwidth.toPrecision(3)}`],
  ];
  const findings: Finding[] = [{ name: "MMD²", value: squaredDistance, error: floor.deviation }];
  if (score !== undefined) {
    const worst = score.levels.reduce((a, b) => (b.error > a.error ? b : a));
    rows.push(
      ["error of the score", `${percent(score.overall)} of its rms, all noise levels weighted by sigma²`],
      [
        "where it is largest",
        `${percent(worst.error)} ± ${percent(worst.standardError)} at sigma ${worst.sigma.toPrecision(2)}, over ${score.points} points`,
      ],
    );
    findings.push({ name: "score error", value: score.overall });
  }
  return { rows, findings };
}

const signed = (value: number): string => value.toExponential(1);
const percent = (share: number): string => `${Number((100 * share).toPrecision(2))} %`;
const rounded = (value: number): string => String(Math.round(value));
