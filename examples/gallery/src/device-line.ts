/** Where the model runs, how fast, and why nowhere else. */
import type { DeviceInUse } from "@ncsn/infer";
import { byId } from "./page.ts";

const titles = { webgpu: "WebGPU", wasm: "WebAssembly", cpu: "CPU", cuda: "CUDA" } as const;

/** The line about the device. */
export interface DeviceLine {
  show(device: DeviceInUse): void;
  /** @param speed score evaluations per second */
  readonly measured: (speed: number) => void;
}

/** Sets the line up. */
export function deviceLine(): DeviceLine {
  const host = byId("div", "device");
  const line = document.createElement("p");
  const details = document.createElement("details");
  const summary = document.createElement("summary");
  const list = document.createElement("dl");
  details.append(summary, list);
  host.replaceChildren(line, details);
  let device: DeviceInUse | undefined;
  let speed = 0;
  const draw = () => {
    if (device === undefined) return;
    const threads =
      device.name === "wasm" ? `, ${device.threads} thread${device.threads === 1 ? "" : "s"}` : "";
    const rate = speed > 0 ? ` · ${Math.round(speed).toLocaleString("en")} evaluations/s` : "";
    line.textContent = `${titles[device.name]}${threads}${rate}`;
  };
  return {
    show(shown) {
      [device, speed] = [shown, 0];
      host.dataset.device = shown.name;
      details.hidden = shown.unused.length === 0;
      summary.textContent = `Why not ${shown.unused.map(({ name }) => titles[name]).join(", ")}?`;
      list.replaceChildren(
        ...shown.unused.flatMap(({ name, reason }) => {
          const [term, text] = [document.createElement("dt"), document.createElement("dd")];
          [term.textContent, text.textContent] = [titles[name], reason];
          return [term, text];
        }),
      );
      draw();
    },
    measured(measured) {
      speed = measured;
      draw();
    },
  };
}
