/** Numbers for people. */

/** `2 h 5 min`, `3 min 20 s`, `12 s`, `1.5 s`, `250 ms`. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "unknown";
  const whole = Math.round(seconds);
  if (whole >= 3600) return `${Math.floor(whole / 3600)} h ${Math.round((whole % 3600) / 60)} min`;
  if (whole >= 60) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  if (whole >= 10 || seconds === 0) return `${whole} s`;
  return seconds >= 1 ? `${seconds.toFixed(1)} s` : `${(1000 * seconds).toPrecision(3)} ms`;
}

/** `1,234,567`. */
export const count = (value: number): string => value.toLocaleString("en-US");

/** `1.23 billion`, `45.6 million`, `7,890`. */
export function large(value: number): string {
  if (value >= 1e9) return `${(value / 1e9).toPrecision(3)} billion`;
  if (value >= 1e6) return `${(value / 1e6).toPrecision(3)} million`;
  return count(value);
}

/** Images a second, with three digits: `0.0123`, `45.6`, `1,230`. */
export const speed = (value: number): string =>
  value >= 100 ? count(Number(value.toPrecision(3))) : value.toPrecision(3);

/** `350 MB`. */
export const megabytes = (bytes: number): string => `${count(Math.ceil(bytes / 1e6))} MB`;
