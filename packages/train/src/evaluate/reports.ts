/** What `evaluate` can measure, by the names of the flags. */
import { adherence } from "./adherence.ts";
import { images } from "./images.ts";
import { inpainting } from "./inpainting.ts";
import { likelihood } from "./likelihood.ts";
import { points } from "./points.ts";
import type { Report } from "./report.ts";

export const reports = { images, points, likelihood, inpainting, adherence } as const satisfies Record<
  string,
  Report
>;
/** The name of a report. */
export type ReportName = keyof typeof reports;
