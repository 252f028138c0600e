import { schedules, type ScheduleName, type ScheduleRange } from "../schedules.ts";
import type { Sampler } from "./sampler.ts";

/**
 * The σ levels to run a sampler on. One whose natural schedule ends at 0 takes its last step down to that on every
 * schedule; the others, which have no step for it, never see it.
 * @param steps levels above 0
 * @throws RangeError as the schedule does
 */
export function samplingLevels(
  sampler: Pick<Sampler, "schedule">,
  schedule: ScheduleName,
  steps: number,
  range: ScheduleRange,
): Float64Array {
  const levels = schedules[schedule](steps, range).filter((sigma) => sigma > 0);
  if (!endsAtZero(sampler)) return levels;
  const ended = new Float64Array(levels.length + 1);
  ended.set(levels);
  return ended;
}

function endsAtZero({ schedule }: Pick<Sampler, "schedule">): boolean {
  return schedules[schedule](1, { sigmaMin: 1, sigmaMax: 1 }).at(-1) === 0;
}
