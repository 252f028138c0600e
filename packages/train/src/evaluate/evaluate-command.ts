/** `evaluate`: from options to what a model is worth, by the reports that were asked for. */
import { dataKey } from "../batches.ts";
import { readCard } from "@ncsn/core";
import { readModel } from "@ncsn/infer/node";
import { integer, oneOf, refuseOdd } from "../cli/option-values.ts";
import { duration } from "../cli/show.ts";
import { interruptible } from "../cli/stop-signals.ts";
import { UsageError } from "../cli/usage-error.ts";
import { openDataset } from "../datasets/index.ts";
import { evaluateOptions } from "./evaluate-options.ts";
import { evaluationProgress } from "./evaluation-progress.ts";
import type { Evaluation, Found, Report } from "./report.ts";
import { reports, type ReportName } from "./reports.ts";

/** The arguments as yargs gives them: text, and true for the reports. */
export type EvaluateArguments = Readonly<Record<string, unknown>>;

/** Carries the command out. @returns the exit code */
export async function runEvaluate(args: EvaluateArguments): Promise<number> {
  refuseOdd(args, evaluateOptions);
  const wanted = askedFor(args).map((name) => ({ name, measure: prepared(reports[name], args) }));
  const typed = (option: string): string | undefined => args[option] as string | undefined;
  const seed = integer("seed", typed("seed") ?? "0", 0);
  const count = integer("count", typed("count") ?? "100", 2);
  const first = integer("first", typed("first") ?? "0", 0);
  const batch = integer("batch", typed("batch") ?? "16");
  const split = oneOf("split", typed("split") ?? "test", ["test", "train"]);
  const path = typed("model");
  if (path === undefined) throw new UsageError("no model to evaluate (give --model FILE)");
  const model = await readModel(path);
  const card = readCard(model);
  const data = typed("data");
  const { dataset, notes } = await openDataset({
    name: typed("dataset") ?? "glyphs",
    split,
    key: dataKey(seed),
    ...(data !== undefined && { data }),
  });
  for (const note of notes) console.error(`note: ${note}`);
  if (String(dataset.shape) !== String(card.shape))
    throw new UsageError(
      `${dataset.name} has items [${dataset.shape.join(", ")}], ${card.name} is of [${card.shape.join(", ")}]`,
    );
  if (first + count > dataset.size)
    throw new UsageError(`invalid count: ${count} from ${first} (${dataset.name} has ${dataset.size} items)`);

  const stop = interruptible(() => console.error("stopping"));
  const about = { model, card, dataset, first, count, seed, batch, signal: stop.signal };
  const found: Record<string, Found> = {};
  try {
    for (const { name, measure } of wanted) found[name] = await withProgress(name, measure, about);
  } catch (error) {
    if (stop.signal.aborted) return stop.exitCode();
    throw error;
  } finally {
    stop.ignore();
  }
  const of = `${card.name} on ${count} of ${dataset.name} (${split}), from ${first}, seed ${seed}`;
  console.log(args.json === true ? asJson(of, found) : asText(of, found));
  return 0;
}

/** @throws UsageError where there is none */
function askedFor(args: EvaluateArguments): ReportName[] {
  const names = Object.keys(reports) as ReportName[];
  const asked = names.filter((name) => args[name] === true);
  if (asked.length > 0) return asked;
  throw new UsageError(
    `nothing to evaluate (give one or more of ${names.map((name) => `--${name}`).join(", ")})`,
  );
}

function prepared(report: Report, args: EvaluateArguments): (evaluation: Evaluation) => Promise<Found> {
  return report.prepare(
    Object.fromEntries(
      Object.entries(report.options).map(([option, rule]) => [
        option,
        (args[option] as string) ?? rule.default,
      ]),
    ),
  );
}

async function withProgress(
  name: string,
  measure: (evaluation: Evaluation) => Promise<Found>,
  about: Omit<Evaluation, "progress">,
): Promise<Found> {
  const progress = evaluationProgress(name);
  const began = performance.now();
  try {
    const found = await measure({ ...about, progress: (done, total) => progress.update(done, total) });
    return { ...found, rows: [...found.rows, ["time", duration((performance.now() - began) / 1000)]] };
  } finally {
    progress.stop();
  }
}

const asJson = (of: string, found: Readonly<Record<string, Found>>): string =>
  JSON.stringify(
    { of, ...Object.fromEntries(Object.entries(found).map(([name, { findings }]) => [name, findings])) },
    null,
    2,
  );

function asText(of: string, found: Readonly<Record<string, Found>>): string {
  const rows = Object.values(found).flatMap(({ rows }) => rows);
  const width = Math.max(...rows.map(([name]) => name.length));
  return [of, "", ...rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`)].join("\n");
}
