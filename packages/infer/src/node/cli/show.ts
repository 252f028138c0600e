/** Numbers and devices for people. */
import type { DeviceInUse } from "../../device.ts";

/** `2 h 5 min`, `3 min 20 s`, `12 s`, `0.45 s`. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "unknown";
  const whole = Math.round(seconds);
  if (whole >= 3600) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
  if (whole >= 60) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return seconds >= 10 ? `${whole} s` : `${Number(seconds.toPrecision(2))} s`;
}

/** `1,234,567`. */
export const count = (value: number): string => value.toLocaleString("en-US");

/** `1 image`, `2 images`. */
export const plural = (value: number, thing: string): string =>
  `${count(value)} ${thing}${value === 1 ? "" : "s"}`;

/** `350 MB`. */
export const megabytes = (bytes: number): string => `${count(Math.ceil(bytes / 1e6))} MB`;

/** A number in few digits: `0.002`, `80`, `1.23e-7`. */
export const short = (value: number): string => String(Number(value.toPrecision(3)));

/** Several rows of a name and a text, aligned. */
export function table(rows: readonly (readonly [name: string, text: string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length)) + 2;
  return rows.map(([name, text]) => name.padEnd(width) + text).join("\n");
}

/** Where a model runs: `cpu, 2 threads`. */
export function describeDevice({ name, threads }: DeviceInUse): string {
  return name === "cpu" ? `cpu, ${plural(threads, "thread")}` : name;
}

/** The device that was chosen, and why the others were not: `device cpu, 2 threads (cuda: no driver)`. */
export function deviceLine(device: DeviceInUse): string {
  const others = device.unused.map(({ name, reason }) => `${name}: ${reason}`).join("; ");
  return `device ${describeDevice(device)}${others === "" ? "" : ` (${others})`}`;
}
