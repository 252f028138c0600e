/** `report`: writes the report of a run anew, from what the run has written. */
import { writeRunReport } from "../report/write-run-report.ts";
import { newestRun } from "../run/saved-run.ts";
import { checkName } from "./train-command.ts";

/** Carries the command out. @param name of the run; the newest unless told @returns the exit code */
export async function runReport(name: string | undefined): Promise<number> {
  const run = name === undefined ? await newestRun("report on") : checkName(name);
  if (name === undefined) console.error(`reporting on ${run}`);
  console.log(await writeRunReport(run));
  return 0;
}
