/** `devices`: what runs here, and why not the rest. */
import { probeDevices, type DeviceReport } from "../devices.ts";
import { table } from "./show.ts";

/** Tries all devices. @returns lines for people */
export async function runDevices(): Promise<string> {
  return describeDevices(await probeDevices());
}

/** A line for each device, those that work first. */
export function describeDevices(
  reports: readonly Omit<DeviceReport, "name">[] & readonly { readonly name: string }[],
): string {
  const rows = [...reports].sort((a, b) => Number(b.usable) - Number(a.usable));
  return table(
    rows.map(({ name, usable, detail }) => [name, `${usable ? "yes" : "no "}  ${detail}`] as const),
  );
}
