/** The page of `evaluate --points`: samples over the data, the error of the score by noise level, fields of both scores. */
import type { Dataset } from "@ncsn/core";
import { gridOver, plotCurves, plotPlane, viewOf, type Panel } from "@ncsn/infer/node";
import { htmlPage, type Block, type Figure, type Section } from "../report/index.ts";
import type { EvaluatedModel, PointsQuality } from "./points-quality.ts";
import type { Evaluation, Row } from "./report.ts";
import { errorLevels, exactScore, type ScoreErrors } from "./score-error.ts";

/** What the page is about. */
export interface PointsPageOptions {
  readonly evaluation: Pick<Evaluation, "dataset" | "split" | "first" | "count" | "seed">;
  readonly model: Pick<EvaluatedModel, "card" | "score">;
  readonly quality: PointsQuality;
  /** Names and values of what came out. */
  readonly rows: readonly Row[];
}

/** Points of a plot at most; more are a blot, and a page of megabytes. */
const plotted = 2000;

/** The page as HTML; the same evaluation is the same text. */
export async function pointsPage({ evaluation, model, quality, rows }: PointsPageOptions): Promise<string> {
  const { dataset, split, first, count, seed } = evaluation;
  const { reference, distance, score } = quality;
  const shown = 2 * Math.min(plotted, reference.points.count);
  const [data, samples] = [reference.points, distance.samples].map((points) =>
    points.data.subarray(0, shown),
  );
  const view = viewOf(data);
  const plane = async (panel: Panel, caption: string): Promise<Figure> => ({
    image: { svg: await plotPlane(panel, { view, width: 340, ground: "page" }), alt: caption },
    caption,
  });
  const planes = [
    await plane({ data }, `The first ${shown / 2} points of the data.`),
    await plane({ samples }, "As many samples."),
    await plane({ data, samples }, "The samples over the data."),
  ];
  return htmlPage({
    title: `${model.card.name} on ${dataset.name}`,
    lead: `${count} samples and ${count} points of ${dataset.name} (${split}), from ${first}, seed ${seed}`,
    sections: [
      {
        title: "Samples",
        blocks: [
          { kind: "figures", figures: planes, small: true },
          { kind: "table", rows },
          {
            kind: "prose",
            words:
              "MMD² is the unbiased estimate with a Gaussian kernel, whose bandwidth is the median distance of the data. " +
              "Data against data is what other points of the data come to, as many of them: the mean of several draws and their standard deviation. " +
              "Noise is what the points come to that sampling starts from.",
          },
        ],
      },
      ...(score === undefined ? [] : [await scoreSection(model, dataset, data, score)]),
    ],
  });
}

async function scoreSection(
  model: PointsPageOptions["model"],
  dataset: Dataset,
  points: Float32Array,
  { levels, points: count }: ScoreErrors,
): Promise<Section> {
  const curve = levels.map(({ sigma, error }) => [sigma, error] as const).toReversed();
  const svg = await plotCurves(
    { error: curve },
    {
      x: "sigma (model units)",
      y: "error of the score, relative",
      log: "both",
      dots: true,
      ground: "page",
      width: 480,
      height: 290,
    },
  );
  const fields: Block[] = [];
  for (const sigma of fieldLevels(model.card))
    fields.push({ kind: "figures", figures: await fieldFigures(model, dataset, points, sigma) });
  return {
    title: "The score",
    blocks: [
      figures({
        image: { svg, alt: "the error of the score by noise level, on logarithmic axes" },
        caption: `√(E‖learned − exact‖² / E‖exact‖²) over ${count} points data + sigma·z at each noise level, model units.`,
      }),
      {
        kind: "table",
        columns: ["sigma", "error", "± standard error"],
        rows: levels.map(({ sigma, error, standardError }) => [
          Number(sigma.toPrecision(3)),
          Number(error.toPrecision(3)),
          Number(standardError.toPrecision(2)),
        ]),
      },
      ...fields,
    ],
  };
}

/** Two levels at which the shape of the data can be seen: about σ_d/8 and σ_d/2. */
function fieldLevels({ sigmaData, ...card }: EvaluatedModel["card"]): readonly number[] {
  const near = (wanted: number): number =>
    errorLevels(card).reduce((a, b) =>
      Math.abs(Math.log(b / wanted)) < Math.abs(Math.log(a / wanted)) ? b : a,
    );
  return [...new Set([sigmaData / 8, sigmaData / 2].map(near))];
}

/** The exact score beside the learned one. */
async function fieldFigures(
  model: PointsPageOptions["model"],
  dataset: Dataset,
  points: Float32Array,
  sigma: number,
): Promise<readonly Figure[]> {
  const { scale, offset } = model.card.pixels;
  const view = viewOf(points);
  const at = gridOver(view);
  const x = at.map((value) => scale * value + offset);
  const level = Number(sigma.toPrecision(3));
  const field = async (name: string, score: Float32Array | Float64Array): Promise<Figure> => {
    const vectors = score.map((value) => scale * value); // the data's units
    const svg = await plotPlane(
      { data: points, field: { at, vectors } },
      { view, width: 480, ground: "page" },
    );
    const alt = `arrows of the ${name} score at sigma ${level}`;
    return { image: { svg, alt }, caption: `The ${name} score at sigma ${level}, model units.` };
  };
  return [
    await field("exact", exactScore(dataset, model.card, x, sigma)),
    await field("learned", await model.score(x, sigma)),
  ];
}

const figures = (figure: Figure): Block => ({ kind: "figures", figures: [figure] });
