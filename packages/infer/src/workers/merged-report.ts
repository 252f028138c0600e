import type { Diagnostics } from "@ncsn/core";
import type { Report } from "./protocol.ts";

/**
 * What the parts of a sampling say together, each part having taken as many steps as it has: a sampler whose steps the
 * data decide may be done in one part and not in another, and all are done when the last one is.
 * @param reports of the parts in the order of their images; undefined where one is done
 */
export function mergedReport(reports: readonly (Report | undefined)[]): Report | undefined {
  const running = reports.flatMap((report) => report ?? []);
  if (running.length === 0) return undefined;
  const largest = (of: (report: Report) => number) => Math.max(...running.map(of));
  const totals = running.flatMap(({ total }) => total ?? []);
  const diagnostics = running.flatMap((report) => report.diagnostics ?? []);
  return {
    index: largest(({ index }) => index),
    total: totals.length === running.length ? Math.max(...totals) : undefined,
    sigma: largest(({ sigma }) => sigma),
    evaluations: largest(({ evaluations }) => evaluations),
    ...(diagnostics.length > 0 && { diagnostics: mergedDiagnostics(diagnostics) }),
  };
}

/** The numbers of all images, one part after the other; the step is the same in each. */
function mergedDiagnostics(parts: readonly Diagnostics[]): Diagnostics {
  const join = (of: (part: Diagnostics) => Float64Array | undefined): Float64Array =>
    Float64Array.from(parts.flatMap((part) => [...(of(part) ?? [])]));
  return {
    ...parts[0],
    varianceRatio: join((part) => part.varianceRatio),
    signalToNoise: join((part) => part.signalToNoise),
    ...(parts[0].accepted && { accepted: join((part) => part.accepted) }),
  };
}
