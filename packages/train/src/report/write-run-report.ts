import { join } from "node:path";
import { writeAtomically } from "../run/atomic-write.ts";
import { pathOf, reportName } from "../run/saved-run.ts";
import { fitPictures } from "./fit-pictures.ts";
import { htmlPage } from "./html-page.ts";
import { runPage } from "./run-page.ts";
import { readRecord } from "./run-record.ts";

const rowsOfPictures = 6;
const room = 1.2e6; // bytes of pictures; half as many again in the page's base64

/**
 * Writes the report of a run, `report.html` in its folder: under two megabytes, however long the run.
 * @param upTo the step that the run is at, where that is known
 * @returns the file's path
 * @throws RunError where there is no such run, or Error where the disk refuses
 */
export async function writeRunReport(name: string, upTo?: number): Promise<string> {
  const record = await readRecord(name, { ...(upTo !== undefined && { upTo }), most: rowsOfPictures });
  const samples = await fitPictures(record.samples, room);
  const path = join(pathOf(name), reportName);
  await writeAtomically(path, htmlPage(await runPage({ ...record, samples })));
  return path;
}
