/**
 * Numbers of documents from results. In Markdown, comments that GitHub does not show mark what is measured:
 *
 *   <!-- measured NAME PATH [DIGITS] -->1.23<!-- / -->      a finding of a measurement, "a.b" within groups
 *   <!-- table NAME -->                                      a table of `tables.ts`
 *   …
 *   <!-- / table -->
 */
import type { Findings } from "./results.ts";
import { tables, type Measured } from "./tables.ts";

/** What stands where nothing has been measured yet. */
export const missing = "–";

/** A mark that cannot be filled: no such table, or no such finding in a measurement that is there. */
export class MarkError extends Error {
  override readonly name = "MarkError";
}

const number = /<!-- measured (\S+) (\S+)(?: (\S+))? -->.*?<!-- \/ -->/gs;
const table = /<!-- table (\S+) -->\n.*?<!-- \/ table -->/gs;

/** The document with every marked number and table as they were measured. @throws MarkError */
export function fill(text: string, measured: Measured): string {
  const { results } = measured;
  return text
    .replace(table, (_, name: string) => {
      if (!Object.hasOwn(tables, name))
        throw new MarkError(`unknown table: ${name} (known: ${Object.keys(tables).join(", ")})`);
      const lines = tables[name](measured);
      return `<!-- table ${name} -->\n\n${lines.join("\n")}\n\n<!-- / table -->`;
    })
    .replace(number, (_, name: string, path: string, format?: string) => {
      const value = name in results ? show(valueAt(results[name].findings, name, path), format) : missing;
      return `<!-- measured ${name} ${path}${format === undefined ? "" : ` ${format}`} -->${value}<!-- / -->`;
    });
}

/** How many decimals, or `%` with as many: "2", "%1". Integers need none. */
function show(value: number | string, format?: string): string {
  if (typeof value === "string") return value;
  if (format === undefined) return value.toLocaleString("en");
  return format.startsWith("%")
    ? `${(100 * value).toFixed(Number(format.slice(1)))} %`
    : value.toFixed(Number(format));
}

function valueAt(findings: Findings, name: string, path: string): number | string {
  const value = path
    .split(".")
    .reduce<Findings[string] | undefined>(
      (at, part) => (typeof at === "object" ? (at as Findings)[part] : undefined),
      findings,
    );
  if (typeof value !== "number" && typeof value !== "string")
    throw new MarkError(`the measurement ${name} has no finding ${path}`);
  return value;
}
