/** `evaluate`, from options to what the reports that were asked for found. */
import { join } from "node:path";
import { isImage, readCard, type Card } from "@ncsn/core";
import { readModel, samplingRequest } from "@ncsn/infer/node";
import { dataKey } from "../batches.ts";
import { integer, oneOf, refuseOdd } from "../cli/option-values.ts";
import { duration } from "../cli/show.ts";
import { UsageError } from "../cli/usage-error.ts";
import { datasetNames, openDataset } from "../datasets/index.ts";
import { writeAtomically } from "../run/atomic-write.ts";
import { evaluateOptions } from "./evaluate-options.ts";
import { evaluationProgress } from "./evaluation-progress.ts";
import { inFolder } from "./output-folder.ts";
import type { Evaluation, Found, Report } from "./report.ts";
import { reports, type ReportName } from "./reports.ts";

/** The arguments as yargs gives them: text, and true for the reports. */
export type EvaluateArguments = Readonly<Record<string, unknown>>;

/** What an evaluation found. */
export interface Evaluated {
  /** What was evaluated, on what: one line. */
  readonly of: string;
  /** By the reports' names. */
  readonly found: Readonly<Record<string, Found>>;
}

/** Items of a report that has no number of its own. */
const usualCount = 100;

/**
 * Makes the reports, and writes the files of those that have some. Progress goes to stderr.
 * @throws UsageError for what cannot be, before anything is measured; the signal's reason
 */
export async function evaluate(args: EvaluateArguments, signal: AbortSignal): Promise<Evaluated> {
  refuseOdd(args, evaluateOptions);
  const typed = (option: string): string | undefined => args[option] as string | undefined;
  const seed = integer("seed", typed("seed") ?? "0", 0);
  const count = typed("count") === undefined ? undefined : integer("count", typed("count") ?? "", 2);
  const first = integer("first", typed("first") ?? "0", 0);
  const batch = integer("batch", typed("batch") ?? "16");
  const split = oneOf("split", typed("split") ?? "test", ["test", "train"]);
  const path = typed("model");
  if (path === undefined) throw new UsageError("no model to evaluate (give --model FILE)");
  const model = await readModel(path);
  const card = readCard(model);
  const wanted = askedFor(args, card).map((name) => ({
    name,
    measure: prepared(reports[name], args),
    count: count ?? reports[name].count ?? usualCount,
  }));
  const sampling = samplingRequest(args, card);
  const data = typed("data");
  const half = (split: "train" | "test", from: number) =>
    openDataset({
      name: typed("dataset") ?? trainedOn(card) ?? "glyphs",
      split,
      key: dataKey(from),
      ...(data !== undefined && { data }),
    });
  const { dataset, notes } = await half(split, seed);
  for (const note of notes) console.error(`note: ${note}`);
  if (String(dataset.shape) !== String(card.shape))
    throw new UsageError(
      `${dataset.name} has items [${dataset.shape.join(", ")}], ${card.name} is of [${card.shape.join(", ")}]`,
    );
  for (const { name, count } of wanted)
    if (reports[name].readsItems !== false && first + count > dataset.size)
      throw new UsageError(
        `invalid count: ${count} from ${first} (${dataset.name} has ${dataset.size} items)`,
      );
  const open: Evaluation["open"] = async (split, from = seed) => (await half(split, from)).dataset;
  const about = {
    model,
    card,
    dataset,
    data,
    split,
    open,
    first,
    seed,
    batch,
    sampling,
    signal,
  };
  const out = typed("out") ?? join("evaluations", card.name);
  const measureAll = async (): Promise<Record<string, Found>> => {
    const found: Record<string, Found> = {};
    for (const { name, measure, count } of wanted)
      found[name] = await withProgress(name, measure, { ...about, count });
    await writeFiles(out, found);
    return found;
  };
  const writes = wanted.some(({ name }) => reports[name].writes === true);
  const found = await (writes ? inFolder(out, measureAll) : measureAll());
  const counts = [...new Set(wanted.map(({ count }) => count))].join(" and ");
  return {
    of: `${card.name} on ${counts} of ${dataset.name} (${split}), from ${first}, seed ${seed}`,
    found,
  };
}

/** The reports that were asked for, or the one that suits the model. */
function askedFor(args: EvaluateArguments, card: Card): ReportName[] {
  const names = Object.keys(reports) as ReportName[];
  const asked = names.filter((name) => args[name] === true);
  if (asked.length > 0) return asked;
  return [isImage(card) ? "images" : "points"];
}

/** The data set that a model was trained on, where it is one that can be opened by its name. */
function trainedOn({ training }: Card): string | undefined {
  return datasetNames.find((name) => name === training.dataset);
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

async function writeFiles(folder: string, found: Readonly<Record<string, Found>>): Promise<void> {
  const files = Object.values(found).flatMap(({ files }) => Object.entries(files ?? {}));
  for (const [name, content] of files) await writeAtomically(join(folder, name), content);
  if (files.length > 0) console.error(`wrote ${files.map(([name]) => join(folder, name)).join(", ")}`);
}
