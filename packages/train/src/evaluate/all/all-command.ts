/** `evaluate --all`: everything that the documents say of the models, measured where it is not yet, and written there. */
import { readFile } from "node:fs/promises";
import { join, sep } from "node:path";
import yargs from "yargs";
import { oneOf } from "../../cli/option-values.ts";
import { interruptible } from "../../cli/stop-signals.ts";
import { UsageError } from "../../cli/usage-error.ts";
import { writeAtomically } from "../../run/atomic-write.ts";
import { readsFiles } from "../../datasets/index.ts";
import { allOptions, evaluateOptions } from "../evaluate-options.ts";
import { evaluate, type EvaluateArguments, type Evaluated } from "../evaluate.ts";
import { readFacts } from "./facts.ts";
import { fill } from "./fill.ts";
import { readPlan, type Plan } from "./plan.ts";
import { currentOf, hashOf, readResults, writeResults, type Findings, type Results } from "./results.ts";

/** The options that go with `--all`; a measurement's own are in the plan. */
const together = [...Object.keys(allOptions), "data"];

/**
 * Carries the command out. What has been measured stays so, whenever it is stopped.
 * @returns the exit code
 */
export async function runAll(args: EvaluateArguments): Promise<number> {
  const odd = Object.keys(evaluateOptions).find(
    (name) => args[name] !== undefined && !together.includes(name),
  );
  if (odd !== undefined) throw new UsageError(`--${odd} and --all exclude each other (the plan has it)`);
  const plan = await readPlan((args.plan as string | undefined) ?? join("models", "evaluations.json"));
  const names = chosen(Object.keys(plan.measurements), args.only as string | undefined);
  const typed = Object.fromEntries(
    await Promise.all(
      names.map(async (name) => [name, await parsed(name, plan.measurements[name])] as const),
    ),
  );
  let results = currentOf(await readResults(plan.results), plan.measurements, plan.root);
  const due = names.filter((name) => !(name in results));
  if (args["dry-run"] === true) {
    for (const name of names)
      console.log(`${name in results ? "measured" : "due     "}  ${name}: ${commandLine(plan, name)}`);
    return 0;
  }
  console.error(`${due.length} of ${names.length} measurements to make`);

  const stop = interruptible(() => console.error("stopping; what has been measured is kept"));
  try {
    for (const [i, name] of due.entries()) {
      console.error(`${i + 1}/${due.length} ${name}: ${commandLine(plan, name)}`);
      const found = await measure(plan.root, name, typed[name], args.data as string | undefined, stop.signal);
      results = { ...results, [name]: resultOf(plan, name, found) };
      await writeResults(plan.results, results, Object.keys(plan.measurements));
      await fillDocuments(plan, results);
    }
  } catch (error) {
    if (stop.signal.aborted) return stop.exitCode();
    throw error;
  } finally {
    stop.ignore();
    await fillDocuments(plan, results);
  }
  const left = Object.keys(plan.measurements).filter((name) => !(name in results)).length;
  console.log(
    `${plan.results}: ${Object.keys(results).length} measurements${left > 0 ? `, ${left} to come` : ""}`,
  );
  return 0;
}

/** The measurements of a name, and those of a group: "samplers" or "samplers/heun". @throws UsageError */
function chosen(names: readonly string[], only: string | undefined): readonly string[] {
  if (only === undefined) return names;
  const found = names.filter((name) => name === only || name.startsWith(`${only}/`));
  if (found.length === 0) oneOf("measurement", only, names);
  return found;
}

/** The command that makes a measurement alone. */
const commandLine = ({ measurements }: Plan, name: string): string => `pnpm evaluate ${measurements[name]}`;

function measure(
  root: string,
  name: string,
  args: EvaluateArguments,
  data: string | undefined,
  signal: AbortSignal,
): Promise<Evaluated> {
  const files: Record<string, string> = Object.fromEntries(
    ["model", "judge"].flatMap((option) =>
      args[option] === undefined ? [] : [[option, join(root, args[option] as string)]],
    ),
  );
  const out = join("evaluations", ...name.split("/"));
  const from = data !== undefined && readsFiles(String(args.dataset)) ? { data } : {};
  return evaluate({ ...args, ...files, ...from, out }, signal);
}

/** The arguments of a measurement as if they had been typed. @throws UsageError that names it */
async function parsed(name: string, text: string): Promise<EvaluateArguments> {
  return yargs(text.split(" "))
    .options(evaluateOptions)
    .strict()
    .exitProcess(false)
    .fail((message: string | null, error: Error | undefined) => {
      throw new UsageError(`bad arguments of ${name} in the plan: ${message ?? error?.message ?? text}`);
    })
    .parse();
}

function resultOf({ measurements, root }: Plan, name: string, { found }: Evaluated): Results[string] {
  const command = measurements[name];
  const files = command.split(" ").filter((word) => word.endsWith(".onnx"));
  return {
    command,
    files: Object.fromEntries(files.map((path) => [path, hashOf(join(root, path)) ?? ""])),
    findings: Object.assign({}, ...Object.values(found).map(findingsOf)) as Findings,
  };
}

/** All numbers of a report: its `metrics.json`, or where it has none its findings. */
function findingsOf({ files, findings }: Evaluated["found"][string]): Findings {
  const metrics = files?.["metrics.json"];
  if (metrics !== undefined) return JSON.parse(metrics) as Findings;
  return Object.fromEntries(
    findings.map(({ name, value, error }) => [name, { value, ...(error !== undefined && { error }) }]),
  );
}

async function fillDocuments(plan: Plan, results: Results): Promise<void> {
  const { documents, root } = plan;
  const facts = await readFacts(plan);
  for (const document of documents) {
    const path = join(root, ...document.split("/"));
    const text = await readFile(path, "utf8");
    const filled = fill(text, { results, facts });
    if (filled === text) continue;
    await writeAtomically(path, filled);
    console.error(`wrote ${path.split(sep).join("/")}`);
  }
}
