/** What a visitor wants sampled, and its form in the page's address: `#seed=7&sampler=heun&steps=18`. */
import { samplers, type OptionRule, type Sampler, type SamplerName } from "@ncsn/core";
import type { OptionValue } from "./fields.ts";

/** Where a page can compute. */
export const devices = ["auto", "webgpu", "wasm"] as const;

/** Only what was asked for; the rest comes from the model's card and the sampler's defaults. */
export interface Wish {
  readonly seed: number;
  readonly count?: number;
  readonly sampler?: SamplerName;
  readonly steps?: number;
  readonly label?: string;
  /** Of a label: 0 is sampling by it, more keeps closer to it. */
  readonly guidance?: number;
  readonly see: "scaled" | "denoised";
  /** Where to compute; auto tries them. */
  readonly device: (typeof devices)[number];
  /** Options of the sampler. */
  readonly options: Readonly<Record<string, OptionValue>>;
}

/** The most images of a wish: a page that is opened by a link must not freeze. */
export const mostImages = 1024;

/** Beyond it pictures are nothing but contrast. */
export const mostGuidance = 20;

/** The wish of an address; what cannot be read in it is left out. */
export function readWish(hash: string): Wish {
  const fields = new URLSearchParams(hash.replace(/^#/, ""));
  const whole = (name: string, least: number, most: number) => {
    const value = Number(fields.get(name) ?? NaN);
    return Number.isInteger(value) && value >= least && value <= most ? value : undefined;
  };
  const name = fields.get("sampler") ?? "";
  const sampler = Object.hasOwn(samplers, name) ? (name as SamplerName) : undefined;
  const rules = sampler === undefined ? {} : rulesOf(sampler);
  const options = Object.entries(rules).flatMap(([option, { kind, choices }]): [string, OptionValue][] => {
    const text = fields.get(option);
    if (text === null) return [];
    if (kind === "choice") return choices?.includes(text) === true ? [[option, text]] : [];
    if (kind === "boolean") return [[option, text === "true"]];
    return text.trim() !== "" && Number.isFinite(Number(text)) ? [[option, Number(text)]] : [];
  });
  return {
    seed: whole("seed", 0, Number.MAX_SAFE_INTEGER) ?? 0,
    count: whole("count", 1, mostImages),
    sampler,
    steps: whole("steps", 1, 10_000),
    label: fields.get("label") ?? undefined,
    guidance: guidanceOf(fields.get("guidance")),
    see: fields.get("see") === "denoised" ? "denoised" : "scaled",
    device: devices.find((device) => device === fields.get("device")) ?? "auto",
    options: Object.fromEntries(options),
  };
}

function guidanceOf(text: string | null): number | undefined {
  const value = Number.parseFloat(text ?? "");
  return value > 0 && value <= mostGuidance ? value : undefined;
}

/** The address of a wish, from `#` on. */
export function writeWish({ options, see, device, ...wish }: Wish): string {
  const fields = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...wish, ...options }))
    if (value !== undefined) fields.set(name, String(value));
  if (see !== "scaled") fields.set("see", see);
  if (device !== "auto") fields.set("device", device);
  return `#${fields.toString()}`;
}

/** The rules of a sampler's options. */
export function rulesOf(name: SamplerName): Readonly<Record<string, OptionRule>> {
  const sampler: Sampler = samplers[name];
  return sampler.options as Readonly<Record<string, OptionRule>>;
}
