/** The plots of a training run, from its lines of metrics. Each is short, however long the run. */
import { plotCurves, type Curve, type CurvePlotOptions } from "@ncsn/infer/node";
import type { WrittenLine } from "../run/metrics-file.ts";
import type { Figure } from "./html-page.ts";
import { evenly, mean, means, runningMean } from "./thin.ts";

const size = { width: 480, height: 290, ground: "page" } as const;
const most = 600; // points of a curve
const mostByLevel = 30;

/** The loss, and what it is on the whole. */
export async function lossFigure(lines: readonly WrittenLine[]): Promise<Figure> {
  const each = numbers(lines, "loss");
  const reach = smoothing(lines);
  return {
    image: {
      svg: await drawn(smoothedBy(each, reach), {
        x: "step",
        y: "loss, weighted, per value",
        pale: ["each"],
      }),
      alt: "the loss by the step",
    },
    caption: `The training loss: ${lineText(lines)} (pale), and the mean of ${2 * reach + 1} neighbours.`,
  };
}

/** The loss of each part of the range of ln σ, through time. */
export async function lossBySigmaFigure(
  lines: readonly WrittenLine[],
  range: readonly [number, number],
): Promise<Figure> {
  const curves = Object.fromEntries(
    sigmaParts(lines, range).flatMap(({ label, curve }) =>
      curve.length === 0 ? [] : [[label, means(curve, mostByLevel)] as const],
    ),
  );
  return {
    image: {
      svg: await drawn(curves, { x: "step", y: "loss at σ (model units)", colours: "scale" }),
      alt: "the loss of eight ranges of noise levels by the step",
    },
    caption:
      "The loss by noise level: eight equal parts of ln σ, each named by its range of σ; a point is a mean over a thirtieth of the run. Where few images fall, a curve is rough.",
  };
}

/** The loss over σ at the beginning and at the end. */
export async function sigmaProfileFigure(profile: readonly SigmaPart[]): Promise<Figure> {
  const curve = (of: (part: SigmaPart) => number | null): Curve =>
    profile.flatMap((part) => {
      const value = of(part);
      return value === null ? [] : [[Math.sqrt(part.from * part.to), value] as const];
    });
  const curves = { "last tenth": curve(({ last }) => last), "first tenth": curve(({ first }) => first) };
  return {
    image: {
      svg: await drawn(curves, { x: "σ (model units)", y: "loss", log: "x", dots: true, colours: "scale" }),
      alt: "the loss by the noise level, over the first and the last tenth of the run",
    },
    caption:
      "The loss over σ: means over the first and the last tenth of the lines, at the middles of the eight parts.",
  };
}

/** The gradient, drawn as the loss is. */
export async function gradientFigure(lines: readonly WrittenLine[]): Promise<Figure> {
  const curves = smoothedBy(numbers(lines, "gradNorm"), smoothing(lines));
  return {
    image: {
      svg: await drawn(curves, { x: "step", y: "norm of the gradient", pale: ["each"] }),
      alt: "the norm of the gradient by the step",
    },
    caption: "The norm of the whole gradient before clipping, in the same way.",
  };
}

/** Adam's rate, and the reach of the moving average where there is one. */
export async function optimiserFigures(lines: readonly WrittenLine[]): Promise<readonly Figure[]> {
  const rate = { rate: evenly(numbers(lines, "rate"), most) };
  const figures: Figure[] = [
    {
      image: {
        svg: await drawn(rate, { x: "step", y: "learning rate" }, false),
        alt: "the learning rate by the step",
      },
      caption: "Adam's learning rate.",
    },
  ];
  const window = numbers(lines, "emaDecay").map(([step, decay]) => [step, 1 / (1 - decay)] as const);
  if (window.some(([, steps]) => steps > 1))
    figures.push({
      image: {
        svg: await drawn({ EMA: evenly(window, most) }, { x: "step", y: "1 / (1 − decay), steps" }),
        alt: "the reach of the moving average by the step",
      },
      caption: "How far back the moving average of the parameters (EMA) reaches: 1 / (1 − decay) steps.",
    });
  return figures;
}

/** Images a second. */
export async function speedFigure(lines: readonly WrittenLine[]): Promise<Figure> {
  const each = numbers(lines, "imagesPerSecond").filter(([, speed]) => speed > 0);
  return {
    image: {
      svg: await drawn(
        smoothedBy(each, smoothing(each)),
        { x: "step", y: "images/s", pale: ["each"] },
        false,
      ),
      alt: "images a second by the step",
    },
    caption: "Images a second in training steps, without pictures and checkpoints.",
  };
}

/** A part of the range of ln σ. */
export interface SigmaPart {
  readonly from: number;
  readonly to: number;
  readonly label: string;
  /** Its losses by the step, where an image fell into it. */
  readonly curve: Curve;
  /** Mean over the first and the last tenth of the lines; null where no image fell. */
  readonly first: number | null;
  readonly last: number | null;
}

/** The parts of the range of ln σ that a run's lines have, from the smallest. */
export function sigmaParts(
  lines: readonly WrittenLine[],
  [low, high]: readonly [number, number],
): readonly SigmaPart[] {
  const parts = lines.at(-1)?.lossBySigma.length ?? 0;
  const tenth = Math.ceil(lines.length / 10);
  const over = (some: readonly WrittenLine[], part: number): number | null => {
    const losses = some.flatMap(({ lossBySigma }) => lossBySigma[part] ?? []);
    return losses.length > 0 ? mean(losses) : null;
  };
  return Array.from({ length: parts }, (_, part) => {
    const [from, to] = [part, part + 1].map((end) => low * (high / low) ** (end / parts));
    return {
      from,
      to,
      label: `${shortly(from)}–${shortly(to)}`,
      curve: lines.flatMap(({ step, lossBySigma }) => {
        const loss = lossBySigma[part] ?? null;
        return loss === null ? [] : [[step, loss] as const];
      }),
      first: over(lines.slice(0, tenth), part),
      last: over(lines.slice(-tenth), part),
    };
  });
}

/** `0.0075`, `21`. */
const shortly = (sigma: number): string => String(Number(sigma.toPrecision(2)));

type Field = "loss" | "gradNorm" | "rate" | "emaDecay" | "imagesPerSecond";

/** A field by the step. What JSON cannot hold it writes as null. */
const numbers = (lines: readonly WrittenLine[], field: Field): Curve =>
  lines.flatMap((line) => {
    const value: number | null = line[field];
    return value === null ? [] : [[line.step, value] as const];
  });

const smoothing = ({ length }: { readonly length: number }): number => Math.max(1, Math.round(length / 50));

const smoothedBy = (each: Curve, reach: number): Readonly<Record<string, Curve>> => ({
  each: evenly(each, most),
  mean: evenly(runningMean(each, reach), most),
});

const lineText = ({ length }: readonly WrittenLine[]): string =>
  length > most
    ? `${most} of ${length.toLocaleString("en-US")} lines of metrics.jsonl`
    : "each line of metrics.jsonl";

/** Curves on a logarithmic y, where all they are is above 0. */
function drawn(
  curves: Readonly<Record<string, Curve>>,
  options: CurvePlotOptions,
  logarithmic = true,
): Promise<string> {
  const positive = Object.values(curves).every((curve) => curve.every(([, y]) => y > 0));
  const log = logarithmic && positive ? (options.log === "x" ? "both" : "y") : options.log;
  return plotCurves(curves, { ...size, ...options, ...(log !== undefined && { log }) });
}
