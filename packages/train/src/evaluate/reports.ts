/** What `evaluate` can measure, by the names of the flags. */
import { likelihood } from "./likelihood.ts";
import type { Report } from "./report.ts";

export const reports = { likelihood } as const satisfies Record<string, Report>;
/** The name of a report. */
export type ReportName = keyof typeof reports;
