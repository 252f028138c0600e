/** Tables of documents, from results. A new one is a function here; documents name it (`fill.ts`). */
import type { TrainingFacts } from "@ncsn/core";
import { duration } from "../../cli/show.ts";
import type { Facts } from "./facts.ts";
import type { Findings, Results } from "./results.ts";

/** What tables are made of. */
export interface Measured {
  readonly results: Results;
  /** Of the models beside the plan. */
  readonly facts: readonly Facts[];
}

/** Lines of Markdown, in the widths that Prettier gives them. */
type Table = (measured: Measured) => readonly string[];

const none = "–";

/** Fréchet distances by sampler and budget, of measurements named `samplers/SAMPLER/BUDGET`. */
const samplers: Table = ({ results }) => {
  const cells = Object.entries(results).flatMap(([name, { findings }]) => {
    const [group, sampler, budget] = name.split("/");
    return group === "samplers" ? [{ sampler, budget: Number(budget), findings }] : [];
  });
  const budgets = [...new Set(cells.map(({ budget }) => budget))].sort((a, b) => a - b);
  const at = (budget: number, sampler?: string): Findings | undefined =>
    cells.find((cell) => cell.budget === budget && (sampler === undefined || cell.sampler === sampler))
      ?.findings;
  const row = (name: string, of: (budget: number) => string | undefined): string[] => [
    name,
    ...budgets.map((budget) => of(budget) ?? none),
  ];
  return aligned([
    row("evaluations", (budget) => budget.toLocaleString("en")),
    row("images", (budget) => number(at(budget), "samples.count")?.toLocaleString("en")),
    ...[...new Set(cells.map(({ sampler }) => sampler))].map((sampler) =>
      row(`\`${sampler}\``, (budget) => digits(number(at(budget, sampler), "samples.frechet"))),
    ),
    row("real images", (budget) => digits(number(at(budget), "floor.frechet.mean"))),
    row("noise", (budget) => digits(number(at(budget), "ceiling.frechet"))),
  ]);
};

/** The files of models: what they are of, how large they are and how long they learnt. */
const files: Table = ({ facts }) =>
  aligned([
    ["file", "data set", "size", "parameters", "images seen", "time", "guide", "engine"],
    ...facts.flatMap(({ file, bytes, numbers, card }) => {
      if (card === undefined) return [];
      const { guide, training } = card;
      return [
        [
          `\`${file}\``,
          training.dataset ?? none,
          size(bytes),
          whole(numbers),
          whole(imagesSeen(training)),
          training.seconds === undefined ? none : duration(training.seconds),
          guide === undefined ? none : `${guide.name}, w = ${guide.weight}`,
          training.engine ?? none,
        ],
      ];
    }),
  ]);

/** The files of judges: how large they are, and how often they are right. */
const judges: Table = ({ facts }) =>
  aligned([
    ["file", "size", "parameters", "features", "images seen", "test images", "accuracy", "cross-entropy"],
    ...facts.flatMap(({ file, bytes, numbers, judge }) => {
      if (judge === undefined) return [];
      const { width, training, dataset, test } = judge;
      return [
        [
          `\`${file}\``,
          size(bytes),
          whole(numbers),
          whole(width),
          whole(training.steps * training.batch),
          whole(dataset.test),
          `${(100 * test.accuracy).toFixed(2)} %`,
          digits(test.crossEntropy) ?? none,
        ],
      ];
    }),
  ]);

/** Models of images by their samples, of measurements beside `samplers/…`. */
const images: Table = ({ results }) =>
  aligned([
    [
      "measurement",
      "samples",
      "sampler",
      "evaluations",
      "Fréchet",
      "real images",
      "× real",
      "noise",
      "KID",
      "precision",
      "recall",
      "recognised",
      "nearness",
    ],
    ...Object.entries(results).flatMap(([name, { findings }]) => {
      const at = (path: string): number | undefined => number(findings, path);
      if (/\/\d+$/.test(name) || at("samples.frechet") === undefined) return [];
      const { sampling } = findings as { readonly sampling: { readonly sampler: string } };
      return [
        [
          name,
          whole(at("samples.count")),
          `\`${sampling.sampler}\``,
          whole(at("sampling.evaluations")),
          digits(at("samples.frechet")) ?? none,
          digits(at("floor.frechet.mean")) ?? none,
          digits(at("samples.frechetOverFloor")) ?? none,
          digits(at("ceiling.frechet")) ?? none,
          `${at("samples.kernel.value")?.toFixed(1)} ± ${at("samples.kernel.error")?.toFixed(1)}`,
          at("samples.precision")?.toFixed(3) ?? none,
          at("samples.recall")?.toFixed(3) ?? none,
          percent(at("samples.confident")),
          at("samples.nearnessRatio.first")?.toFixed(2) ?? none,
        ],
      ];
    }),
  ]);

/** What the number of samples does, of measurements `NAME/N` and of NAME itself. */
const counts: Table = ({ results }) => {
  const [, name = ""] =
    Object.keys(results)
      .map((key) => /^([^/]+)\/\d+$/.exec(key))
      .find((match) => match !== null) ?? [];
  const found = Object.entries(results)
    .filter(([key]) => key === name || /^\d+$/.test(key.replace(`${name}/`, "")))
    .map(
      ([, { findings }]) =>
        (path: string) =>
          number(findings, path),
    )
    .sort((a, b) => (a("samples.count") ?? 0) - (b("samples.count") ?? 0));
  return aligned([
    ["samples", "Fréchet", "of real images", "KID", "of real images"],
    ...found.map((at) => {
      const spread = (value: string, error: string): string =>
        `${at(value)?.toFixed(2)} ± ${at(error)?.toFixed(2)}`;
      return [
        whole(at("samples.count")),
        at("samples.frechet")?.toFixed(2) ?? none,
        spread("floor.frechet.mean", "floor.frechet.deviation"),
        spread("samples.kernel.value", "samples.kernel.error"),
        spread("floor.kernel.mean", "floor.kernel.deviation"),
      ];
    }),
  ]);
};

/** Models of points by their samples and their scores. */
const points: Table = ({ results }) =>
  aligned([
    ["measurement", "samples", "evaluations", "MMD²", "data", "noise", "error of the score"],
    ...Object.entries(results).flatMap(([name, { findings }]) => {
      const at = (path: string): number | undefined => number(findings, path);
      const mmd = at("distance.value");
      if (mmd === undefined) return [];
      const floor = `${at("distance.floor.mean")?.toExponential(1)} ± ${at("distance.floor.deviation")?.toExponential(1)}`;
      return [
        [
          name,
          whole(at("dataset.count")),
          whole(at("sampling.evaluations")),
          mmd.toExponential(1),
          floor,
          at("distance.ceiling")?.toFixed(3) ?? none,
          percent(at("scoreError.overall")),
        ],
      ];
    }),
  ]);

/** Inpainting by mask and number of refinements, of the measurements `NAME/inpainting`: the jump, and the rms distance. */
const inpainting: Table = ({ results }) => {
  const found = Object.entries(results).flatMap(([name, { findings }]) =>
    name.endsWith("/inpainting")
      ? Object.keys(findings).map((key) => ({ key: key.split(", "), findings }))
      : [],
  );
  const [masks, refinements] = [0, 1].map((part) => [...new Set(found.map(({ key }) => key[part]))]);
  return aligned([
    ["refinements", ...masks],
    ...refinements.map((count) => [
      count,
      ...masks.map((mask) => {
        const findings = found.find(({ key }) => key[0] === mask && key[1] === count)?.findings;
        const at = (of: string): number | undefined => number(findings, `${mask}, ${count}${of}.value`);
        const ratio = at("");
        return ratio === undefined ? none : `${ratio.toFixed(2)}, rms ${at(", rms")?.toFixed(3) ?? none}`;
      }),
    ]),
  ]);
};

/** The tables by the names that documents use. */
export const tables: Readonly<Record<string, Table>> = {
  counts,
  files,
  judges,
  images,
  inpainting,
  points,
  samplers,
};

/** A finding within groups, "a.b". */
export function number(findings: Findings | undefined, path: string): number | undefined {
  let at: Findings[string] | undefined = findings;
  for (const part of path.split(".")) at = typeof at === "object" ? (at as Findings)[part] : undefined;
  return typeof at === "number" ? at : undefined;
}

const digits = (value: number | undefined): string | undefined =>
  value === undefined ? undefined : value.toPrecision(3);

const whole = (value: number | undefined): string =>
  value === undefined ? none : Math.round(value).toLocaleString("en");

/** Images that a model has learnt from, in its run and in those that it went on from. */
const imagesSeen = ({ images, start }: TrainingFacts): number | undefined =>
  images === undefined ? undefined : images + (start?.images ?? 0);

const size = (bytes: number): string =>
  bytes < 1e5 ? `${Math.round(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(2)} MB`;

const percent = (share: number | undefined): string =>
  share === undefined ? none : `${(100 * share).toFixed(1)} %`;

/** A Markdown table, its first row the header; all columns but the first to the right. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0].map((_, column) => Math.max(3, ...rows.map((row) => row[column].length)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join(" | ")} |`;
  const rule = `| ${widths.map((width, i) => (i === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`)).join(" | ")} |`;
  return [line(rows[0]), rule, ...rows.slice(1).map(line)];
}
