/**
 * σ schedules: decreasing noise levels in float64, model units. A trailing 0 belongs to the schedule.
 */

/** The ends of a schedule, model units. */
export interface ScheduleRange {
  readonly sigmaMin: number;
  readonly sigmaMax: number;
  /** Karras's ρ; only `karras` reads it. */
  readonly rho?: number;
}

/** `steps` levels or intervals (see each schedule) over a range of σ. */
export type Schedule = (steps: number, range: ScheduleRange) => Float64Array;

/** `steps` levels in geometric progression from sigmaMax to sigmaMin (Song & Ermon 2019, section 4.1). */
export const geometric: Schedule = (steps, range) => {
  checkSchedule(steps, range);
  const { sigmaMin, sigmaMax } = range;
  return levels(steps, range, (t) => sigmaMax ** (1 - t) * sigmaMin ** t);
};

/** `steps` equally spaced levels from sigmaMax to sigmaMin, as the tutorial's sampler has them. */
export const linear: Schedule = (steps, range) => {
  checkSchedule(steps, range);
  const { sigmaMin, sigmaMax } = range;
  return levels(steps, range, (t) => sigmaMax + t * (sigmaMin - sigmaMax));
};

/** `steps` intervals: `steps` levels equally spaced in σ^(1/ρ), then 0 (Karras et al. 2022, equation 5). */
export const karras: Schedule = (steps, range) => {
  checkSchedule(steps, range);
  const { sigmaMin, sigmaMax, rho = 7 } = range;
  if (!(rho > 0 && Number.isFinite(rho)))
    throw new RangeError(`invalid rho: ${rho} (need a finite number > 0)`);
  const [from, to] = [sigmaMax ** (1 / rho), sigmaMin ** (1 / rho)];
  const intervals = new Float64Array(steps + 1);
  intervals.set(levels(steps, range, (t) => (from + t * (to - from)) ** rho));
  return intervals;
};

/** The schedules by name. */
export const schedules = { geometric, linear, karras } as const satisfies Record<string, Schedule>;
/** A key of {@link schedules}. */
export type ScheduleName = keyof typeof schedules;

/** From sigmaMax, where t = 0, to sigmaMin, where t = 1, exactly; no rounding leaves the range. */
function levels(
  steps: number,
  { sigmaMin, sigmaMax }: ScheduleRange,
  sigma: (t: number) => number,
): Float64Array {
  return Float64Array.from({ length: steps }, (_, i) => {
    if (i === 0) return sigmaMax;
    if (i === steps - 1) return sigmaMin;
    return Math.min(Math.max(sigma(i / (steps - 1)), sigmaMin), sigmaMax);
  });
}

function checkSchedule(steps: number, { sigmaMin, sigmaMax }: ScheduleRange): void {
  if (!Number.isInteger(steps) || steps < 1)
    throw new RangeError(`invalid steps: ${steps} (need an integer >= 1)`);
  if (!(sigmaMin > 0 && sigmaMin <= sigmaMax && Number.isFinite(sigmaMax)))
    throw new RangeError(`invalid sigma range: [${sigmaMin}, ${sigmaMax}] (need 0 < sigmaMin <= sigmaMax)`);
}
