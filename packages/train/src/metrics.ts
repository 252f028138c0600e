/**
 * Metrics of training: a line per few steps, the means over them. The windows end at fixed multiples of steps and an
 * unfinished one is part of a checkpoint, so the lines are a function of the steps alone, times aside.
 */
import type { MetricSums } from "@ncsn/core";
import type { TrainingStep } from "./trainer.ts";

/** One line of `metrics.jsonl`. */
export interface MetricsLine {
  /** The last step of the window. */
  readonly step: number;
  /** Mean over the window's images. */
  readonly loss: number;
  /** Mean loss by noise level: equal parts of ln σ over the model's range, from the smallest; null where none fell. */
  readonly lossBySigma: readonly (number | null)[];
  /** Mean norm of the gradient, before clipping. */
  readonly gradNorm: number;
  /** Adam's rate at the last step. */
  readonly rate: number;
  readonly emaDecay: number;
}

/** The names of what depends on the machine in a written line. */
export const timeFields = ["imagesPerSecond", "seconds"] as const;

/** Steps per line. */
export const stepsPerLine = 10;

/** Parts of the range of ln σ. */
const sigmaParts = 8;

/** Sums of no steps. */
export const noSums: MetricSums = {
  steps: 0,
  loss: 0,
  gradNorm: 0,
  imagesBySigma: Array.from({ length: sigmaParts }, () => 0),
  lossBySigma: Array.from({ length: sigmaParts }, () => 0),
};

/** The sums with one more step. */
export function addStep(
  sums: MetricSums,
  taken: TrainingStep,
  [low, high]: readonly [number, number],
): MetricSums {
  const imagesBySigma = [...sums.imagesBySigma];
  const lossBySigma = [...sums.lossBySigma];
  taken.lossByImage.forEach((loss, i) => {
    const place = high > low ? Math.log(taken.sigma[i] / low) / Math.log(high / low) : 0;
    const part = Math.min(sigmaParts - 1, Math.max(0, Math.floor(sigmaParts * place)));
    imagesBySigma[part] += 1;
    lossBySigma[part] += loss;
  });
  return {
    steps: sums.steps + 1,
    loss: sums.loss + taken.loss,
    gradNorm: sums.gradNorm + taken.gradNorm,
    imagesBySigma,
    lossBySigma,
  };
}

/** The line that is due after a step, if one is: at multiples of {@link stepsPerLine} and at the end of a run. */
export function lineAfter(
  sums: MetricSums,
  { step, rate, emaDecay }: TrainingStep,
  steps: number,
): MetricsLine | undefined {
  if (step % stepsPerLine !== 0 && step !== steps) return undefined;
  return {
    step,
    loss: short(sums.loss / sums.steps),
    lossBySigma: sums.lossBySigma.map((loss, i) =>
      sums.imagesBySigma[i] > 0 ? short(loss / sums.imagesBySigma[i]) : null,
    ),
    gradNorm: short(sums.gradNorm / sums.steps),
    rate: short(rate),
    emaDecay: short(emaDecay),
  };
}

const short = (value: number): number => Number(value.toPrecision(6));
