/** Tables of documents, from results. A new one is a function here; documents name it (`fill.ts`). */
import type { Findings, Results } from "./results.ts";

/** Lines of Markdown, in the widths that Prettier gives them. */
type Table = (results: Results) => readonly string[];

const none = "–";

/** Fréchet distances by sampler and budget, of measurements named `samplers/SAMPLER/BUDGET`. */
const samplers: Table = (results) => {
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

/** The tables by the names that documents use. */
export const tables: Readonly<Record<string, Table>> = { samplers };

/** A finding within groups, "a.b". */
export function number(findings: Findings | undefined, path: string): number | undefined {
  let at: Findings[string] | undefined = findings;
  for (const part of path.split(".")) at = typeof at === "object" ? (at as Findings)[part] : undefined;
  return typeof at === "number" ? at : undefined;
}

const digits = (value: number | undefined): string | undefined =>
  value === undefined ? undefined : value.toPrecision(3);

/** A Markdown table, its first row the header; all columns but the first to the right. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0].map((_, column) => Math.max(3, ...rows.map((row) => row[column].length)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join(" | ")} |`;
  const rule = `| ${widths.map((width, i) => (i === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`)).join(" | ")} |`;
  return [line(rows[0]), rule, ...rows.slice(1).map(line)];
}
