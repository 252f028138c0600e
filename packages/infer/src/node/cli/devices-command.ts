/** `devices`: what runs here, and why not the rest. */
import { probeDevices } from "../devices.ts";
import { table } from "./show.ts";

/** Tries all devices. @returns lines for people */
export async function runDevices(): Promise<string> {
  return describeDevices(await probeDevices());
}

/** A device or a back-end, of sampling or of training. */
export interface Described {
  readonly name: string;
  readonly usable: boolean;
  readonly detail: string;
}

/** A line for each, those that work first. */
export function describeDevices(reports: readonly Described[]): string {
  const rows = [...reports].sort((a, b) => Number(b.usable) - Number(a.usable));
  return table(rows.map(({ name, usable, detail }) => [name, `${usable ? "yes" : "no "}  ${detail}`]));
}
