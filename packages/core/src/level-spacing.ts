/**
 * Levels of a range of σ, equally spaced in something: what schedules and tables of noise levels are made of.
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
  const { sigmaMin, sigmaMax } = range;
  return spacedLevels(steps, range, (t) => sigmaMax ** (1 - t) * sigmaMin ** t);
};

/**
 * From sigmaMax, where t = 0, to sigmaMin, where t = 1, exactly; no rounding leaves the range.
 * @throws RangeError for no levels, or a range that is none
 */
export function spacedLevels(
  steps: number,
  { sigmaMin, sigmaMax }: ScheduleRange,
  sigma: (t: number) => number,
): Float64Array {
  if (!Number.isInteger(steps) || steps < 1)
    throw new RangeError(`invalid steps: ${steps} (need an integer >= 1)`);
  if (!(sigmaMin > 0 && sigmaMin <= sigmaMax && Number.isFinite(sigmaMax)))
    throw new RangeError(`invalid sigma range: [${sigmaMin}, ${sigmaMax}] (need 0 < sigmaMin <= sigmaMax)`);
  return Float64Array.from({ length: steps }, (_, i) => {
    if (i === 0) return sigmaMax;
    if (i === steps - 1) return sigmaMin;
    return Math.min(Math.max(sigma(i / (steps - 1)), sigmaMin), sigmaMax);
  });
}
