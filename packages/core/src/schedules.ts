/**
 * σ schedules: decreasing noise levels in float64, model units. A trailing 0 belongs to the schedule.
 */
import { geometric, spacedLevels, type Schedule, type ScheduleRange } from "./level-spacing.ts";
import { cosineTable, ddpmTable, tableSigmas, type NoiseTable } from "./noise-tables.ts";
import { sdes, type Process } from "./sdes.ts";

export { geometric, type Schedule, type ScheduleRange } from "./level-spacing.ts";

/** `steps` equally spaced levels from sigmaMax to sigmaMin, as the tutorial's sampler has them. */
export const linear: Schedule = (steps, range) => {
  const { sigmaMin, sigmaMax } = range;
  return spacedLevels(steps, range, (t) => sigmaMax + t * (sigmaMin - sigmaMax));
};

/** The ρ of {@link karras} unless told (Karras et al. 2022, section 3). */
export const karrasRho = 7;

/** `steps` intervals: `steps` levels equally spaced in σ^(1/ρ), then 0 (Karras et al. 2022, equation 5). */
export const karras: Schedule = (steps, range) => {
  const { sigmaMin, sigmaMax, rho = karrasRho } = range;
  if (!(rho > 0 && Number.isFinite(rho)))
    throw new RangeError(`invalid rho: ${rho} (need a finite number > 0)`);
  const [from, to] = [sigmaMax ** (1 / rho), sigmaMin ** (1 / rho)];
  return toZero(spacedLevels(steps, range, (t) => (from + t * (to - from)) ** rho));
};

/** `steps` intervals: `steps` levels in geometric progression, then 0; uniform in the time of VE. */
export const exponential: Schedule = (steps, range) => toZero(geometric(steps, range));

/** `steps` intervals: `steps` levels uniform in the time of VP (Song et al. 2021, equation 32), then 0. */
export const vpTime: Schedule = (steps, range) => acrossTime(sdes.vp, steps, range);

/** `steps` intervals: the same of sub-VP (Song et al. 2021, equation 33). */
export const subVpTime: Schedule = (steps, range) => acrossTime(sdes["sub-vp"], steps, range);

/** `steps` intervals: levels of DDPM with linear β (Ho et al. 2020), equally far apart in its table, then 0. */
export const ddpmLevels: Schedule = (steps, range) => acrossTable(ddpmTable, steps, range);

/** `steps` intervals: the same of the cosine schedule (Nichol & Dhariwal 2021). */
export const cosineLevels: Schedule = (steps, range) => acrossTable(cosineTable, steps, range);

/** The schedules by name. */
export const schedules = {
  geometric,
  linear,
  karras,
  exponential,
  vp: vpTime,
  "sub-vp": subVpTime,
  ddpm: ddpmLevels,
  cosine: cosineLevels,
} as const satisfies Record<string, Schedule>;
/** A key of {@link schedules}. */
export type ScheduleName = keyof typeof schedules;

/** Levels equally spaced in the time of a process, and 0. */
function acrossTime({ sigma, time }: Process, steps: number, range: ScheduleRange): Float64Array {
  const [from, to] = [time(range.sigmaMax), time(range.sigmaMin)];
  return toZero(spacedLevels(steps, range, (t) => sigma(from + t * (to - from))));
}

/**
 * Levels equally spaced in their place in a table, and 0. While there are enough they are the table's own, so that its
 * whole length over its own range gives the table itself; σ between two of them is interpolated by its logarithm, and so
 * extended beyond the ends.
 */
function acrossTable(table: NoiseTable, steps: number, range: ScheduleRange): Float64Array {
  const sigmas = tableSigmas(table, [range.sigmaMin, range.sigmaMax]);
  const segment = (place: number) => Math.min(Math.max(Math.floor(place), 0), sigmas.length - 2);
  const sigmaAt = (place: number): number => {
    const i = segment(place);
    return sigmas[i] * (sigmas[i + 1] / sigmas[i]) ** (place - i);
  };
  const placeOf = (sigma: number): number => {
    const i = segment(sigmas.findLastIndex((level) => level >= sigma));
    return i + Math.log(sigma / sigmas[i]) / Math.log(sigmas[i + 1] / sigmas[i]);
  };
  const [from, to] = [placeOf(range.sigmaMax), placeOf(range.sigmaMin)];
  const enough = steps - 1 <= to - from;
  return toZero(
    spacedLevels(steps, range, (t) => {
      const place = from + t * (to - from);
      return sigmaAt(enough ? Math.round(place) : place);
    }),
  );
}

/** The levels, then 0. */
function toZero(levels: Float64Array): Float64Array {
  const intervals = new Float64Array(levels.length + 1);
  intervals.set(levels);
  return intervals;
}
