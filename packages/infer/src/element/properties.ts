/** Properties that reflect attributes. */
import type { AttributeName } from "./settings.ts";

/** Properties and the attributes that they reflect. */
export const properties = {
  src: "src",
  count: "count",
  columns: "columns",
  sampler: "sampler",
  steps: "steps",
  seed: "seed",
  label: "label",
  view: "view",
  duration: "duration",
  autoplay: "autoplay",
  device: "device",
  wasmPaths: "wasm-paths",
} as const satisfies Record<string, AttributeName>;

const numbers: ReadonlySet<string> = new Set(["count", "columns", "steps", "seed", "duration"]);

/** Gives an element's prototype accessors of them all. */
export function defineProperties(prototype: HTMLElement): void {
  for (const [property, attribute] of Object.entries(properties)) reflect(prototype, property, attribute);
}

function reflect(prototype: HTMLElement, property: string, attribute: AttributeName): void {
  Object.defineProperty(prototype, property, {
    enumerable: true,
    configurable: true,
    get(this: HTMLElement) {
      const text = this.getAttribute(attribute);
      if (attribute === "autoplay") return text !== null;
      return text !== null && numbers.has(attribute) ? Number(text) : text;
    },
    set(
      this: HTMLElement,
      value: string | number | boolean | readonly (string | number)[] | null | undefined,
    ) {
      const flag = attribute === "autoplay";
      if (value == null || (flag && value === false)) this.removeAttribute(attribute);
      else this.setAttribute(attribute, flag ? "" : String(value));
    },
  });
}
