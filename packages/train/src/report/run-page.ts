/** The page of a training run: what it is, what it draws, how its losses went. */
import { isImage, summarize, type RunConfig } from "@ncsn/core";
import { costsOf, settingsOf } from "../cli/describe-run.ts";
import { repeatCommand } from "../cli/repeat-command.ts";
import { count, duration, speed } from "../cli/show.ts";
import type { WrittenLine } from "../run/metrics-file.ts";
import type { Block, Image, Page, Section } from "./html-page.ts";
import type { RunRecord, SampleFiles } from "./run-record.ts";
import {
  gradientFigure,
  lossBySigmaFigure,
  lossFigure,
  optimiserFigures,
  sigmaParts,
  sigmaProfileFigure,
  speedFigure,
} from "./run-plots.ts";
import { evenly } from "./thin.ts";

/** The report of a run, whatever there is of it. */
export async function runPage(record: RunRecord): Promise<Page> {
  const { config, lines } = record;
  return {
    title: `Training run ${config.name}`,
    lead: lead(record),
    sections: [
      theRun(record),
      samplesSection(record),
      ...(lines.length > 0 ? await measured(lines, config) : []),
      {
        title: "Configuration",
        blocks: [{ kind: "details", summary: "config.json", text: JSON.stringify(config, null, 2) }],
      },
    ],
  };
}

/** `edm on glyphs, unet of 230,331 parameters: complete after 300 steps, 64 items each; loss 0.12 in the line of step 300.` */
function lead({ config, step, lines }: RunRecord): string {
  const { recipe, dataset, model, shape, steps, batch } = config;
  const what = `${recipe.name} on ${dataset.name}, ${model.network.name} of ${count(summarize(model, shape).size)} parameters`;
  const progress =
    step >= steps ? `complete after ${count(steps)} steps` : `after ${count(step)} of ${count(steps)} steps`;
  const last = lines.at(-1);
  const loss = last === undefined ? "" : `; loss ${last.loss} in the line of step ${count(last.step)}`;
  return `${what}: ${progress}, ${batch} items each${loss}.`;
}

function theRun({ config, engine = "no checkpoint says", trainedOn, diverged }: RunRecord): Section {
  const command = repeatCommand(config, trainedOn);
  return {
    title: "The run",
    blocks: [
      ...(diverged === undefined
        ? []
        : [
            {
              kind: "note",
              words: `Training diverged: ${diverged.diverged}. Everything below is from before.`,
            } as const,
          ]),
      { kind: "table", rows: [...settingsOf(config, engine), ...costsOf(config)] },
      ...(command === undefined
        ? []
        : ([
            { kind: "prose", words: "The command that repeats it, bit for bit on the same machine:" },
            { kind: "code", text: command },
          ] as const)),
    ],
  };
}

function samplesSection({ samples, config }: RunRecord): Section {
  if (samples.length === 0)
    return { title: "Samples", blocks: [{ kind: "prose", words: "No pictures have been drawn yet." }] };
  const { sampler, optimiser } = config.recipe;
  const compared = samples.some(({ raw }) => raw !== undefined);
  const what = isImage(config) ? "Images" : "Points, over those of the data in grey,";
  const average = `the moving average of the parameters (EMA, decay up to ${optimiser.emaDecay})`;
  const by = compared
    ? ` by ${average} and by the parameters as they are (raw), from the same noise`
    : optimiser.emaDecay > 0
      ? ` by ${average}`
      : "";
  const caption = `${what} sampled${by}: ${sampler.name}, ${count(sampler.steps)} steps.`;
  const onWhite = !isImage(config);
  const imageOf = (png: Uint8Array | undefined, step: number, which: string): Image | undefined =>
    png && { png, alt: `samples after ${step} steps, ${which}`, width: 380, onWhite };
  const row = ({ step, ema, raw }: SampleFiles) => ({
    name: `step ${count(step)}`,
    images: [imageOf(ema, step, "EMA"), ...(compared ? [imageOf(raw, step, "raw")] : [])],
  });
  const columns = compared ? ["EMA", "raw"] : [optimiser.emaDecay > 0 ? "EMA" : "samples"];
  return { title: "Samples", blocks: [{ kind: "pictures", columns, rows: samples.map(row), caption }] };
}

/** The sections that need metrics. */
async function measured(lines: readonly WrittenLine[], { recipe }: RunConfig): Promise<readonly Section[]> {
  const { sigmaRange, objective } = recipe;
  const parts = sigmaParts(lines, sigmaRange);
  const table: Block = {
    kind: "table",
    caption:
      "Lines of metrics.jsonl, evenly over the run: means over the ten steps before, rate and decay of the step.",
    columns: ["step", "loss", "gradient norm", "learning rate", "EMA decay"],
    rows: evenly(lines, 6).map(({ step, loss, gradNorm, rate, emaDecay }) => [
      step,
      loss,
      gradNorm,
      rate,
      emaDecay,
    ]),
  };
  const bySigma: Block = {
    kind: "table",
    caption: `Mean loss (weight ${objective.weight}) over the first and the last tenth of the lines; empty where no image fell.`,
    columns: ["σ from", "to", "first tenth", "last tenth"],
    rows: parts.map(({ from, to, first, last }) => [
      rounded(from),
      rounded(to),
      rounded(first),
      rounded(last),
    ]),
  };
  const { seconds } = lines[lines.length - 1];
  return [
    {
      title: "Loss",
      blocks: [{ kind: "figures", figures: [await lossFigure(lines), await gradientFigure(lines)] }, table],
    },
    {
      title: "Loss by noise level",
      blocks: [
        {
          kind: "figures",
          figures: [await lossBySigmaFigure(lines, sigmaRange), await sigmaProfileFigure(parts)],
        },
        bySigma,
      ],
    },
    { title: "Optimiser", blocks: [{ kind: "figures", figures: await optimiserFigures(lines) }] },
    {
      title: "Speed",
      blocks: [
        {
          kind: "prose",
          words: `${medianSpeed(lines)} images/s in the median line; ${duration(seconds)} in steps so far.`,
        },
        { kind: "figures", figures: [await speedFigure(lines)] },
      ],
    },
  ];
}

function medianSpeed(lines: readonly WrittenLine[]): string {
  const speeds = lines.flatMap(({ imagesPerSecond }) => (imagesPerSecond > 0 ? [imagesPerSecond] : []));
  if (speeds.length === 0) return "unknown";
  return speed(speeds.sort((a, b) => a - b)[Math.floor(speeds.length / 2)]);
}

const rounded = (value: number | null): number | null =>
  value === null ? null : Number(value.toPrecision(4));
