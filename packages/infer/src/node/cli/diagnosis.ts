import { diagnoseLevels, langevinAdvice, type Diagnostics } from "@ncsn/core";
import { short } from "./show.ts";

/** Levels that are shown; of more, some all over. */
const levelsAtMost = 12;

/** Langevin's steps against theory, a line for each level as it was left, and advice on the step size. */
export function diagnosis(steps: readonly Diagnostics[]): string {
  const levels = diagnoseLevels(steps);
  const every = Math.max(1, (levels.length - 1) / (levelsAtMost - 1));
  const shown = Array.from(
    { length: Math.min(levels.length, levelsAtMost) },
    (_, i) => levels[Math.round(i * every)],
  );
  const asked = levels.some(({ accepted }) => accepted !== undefined);
  const rows = [
    [
      "sigma",
      "step/sigma^2",
      "variance ratio",
      "in theory",
      "signal to noise",
      "in theory",
      ...(asked ? ["accepted"] : []),
    ],
    ...shown.map(({ sigma, eta, varianceRatio, signalToNoise, theory, accepted }) => [
      ...[sigma, eta, varianceRatio, theory.varianceRatio, signalToNoise, theory.signalToNoise].map(short),
      ...(accepted === undefined ? [] : [`${Math.round(100 * accepted)} %`]),
    ]),
  ];
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const lines = rows.map((row) => row.map((text, column) => text.padStart(widths[column])).join("  "));
  const advice = langevinAdvice(levels);
  return [...lines, ...(advice.length > 0 ? advice : ["the step size is right for this model"])].join("\n");
}
