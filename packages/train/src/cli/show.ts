/** Numbers for people. */

/** `2 h 5 min`, `3 min 20 s`, `12 s`. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "unknown";
  const whole = Math.round(seconds);
  if (whole >= 3600) return `${Math.floor(whole / 3600)} h ${Math.round((whole % 3600) / 60)} min`;
  if (whole >= 60) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return seconds >= 10 || whole === 0 ? `${whole} s` : `${seconds.toPrecision(2)} s`;
}

/** `1,234,567`. */
export const count = (value: number): string => value.toLocaleString("en-US");

/** `123 million`, `45.6 thousand`. */
export function large(value: number): string {
  if (value >= 1e9) return `${(value / 1e9).toPrecision(3)} billion`;
  if (value >= 1e6) return `${(value / 1e6).toPrecision(3)} million`;
  return count(value);
}

/** `350 MB`. */
export const megabytes = (bytes: number): string => `${count(Math.ceil(bytes / 1e6))} MB`;
