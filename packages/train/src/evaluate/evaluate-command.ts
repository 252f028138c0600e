/** The command `evaluate`: its reports on stdout. */
import { interruptible } from "../cli/stop-signals.ts";
import { runAll } from "./all/all-command.ts";
import { evaluate, type EvaluateArguments, type Evaluated } from "./evaluate.ts";
import { allOptions } from "./evaluate-options.ts";
import { UsageError } from "../cli/usage-error.ts";

export type { EvaluateArguments } from "./evaluate.ts";

/** Carries the command out. @returns the exit code */
export async function runEvaluate(args: EvaluateArguments): Promise<number> {
  if (args.all === true) return runAll(args);
  for (const option of Object.keys(allOptions))
    if (option !== "all" && args[option] !== undefined)
      throw new UsageError(`--${option} given without --all`);
  const stop = interruptible(() => console.error("stopping"));
  try {
    const evaluated = await evaluate(args, stop.signal);
    console.log(args.json === true ? asJson(evaluated) : asText(evaluated));
    return 0;
  } catch (error) {
    if (stop.signal.aborted) return stop.exitCode();
    throw error;
  } finally {
    stop.ignore();
  }
}

const asJson = ({ of, found }: Evaluated): string =>
  JSON.stringify(
    { of, ...Object.fromEntries(Object.entries(found).map(([name, { findings }]) => [name, findings])) },
    null,
    2,
  );

function asText({ of, found }: Evaluated): string {
  const rows = Object.values(found).flatMap(({ rows }) => rows);
  const width = Math.max(...rows.map(([name]) => name.length));
  return [of, "", ...rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`)].join("\n");
}
