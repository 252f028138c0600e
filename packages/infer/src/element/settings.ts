/** What the attributes say, checked; what they leave open is left to the model. */
import { isImage, type Card } from "@ncsn/core";
import { views, type Label, type View } from "../model.ts";
import { oneOf, type SampleRequest } from "../plan.ts";

/** The attributes, and what a change of each throws away: the model, the sampling, the layout, or nothing. */
export const attributes = {
  src: "model",
  device: "model",
  "wasm-paths": "model",
  count: "sampling",
  sampler: "sampling",
  steps: "sampling",
  seed: "sampling",
  label: "sampling",
  view: "sampling",
  duration: "sampling",
  columns: "layout",
  autoplay: "nothing",
} as const;

/** An attribute's name. */
export type AttributeName = keyof typeof attributes;

/** Images that are sampled unless `count` says. */
export const defaultCount = 16;

/** Points of the plane that are sampled unless `count` says. */
export const defaultPoints = 2000;

/** Seconds that playing takes at least unless `duration` says. */
export const defaultDuration = 3;

/** What to sample and how to show it. */
export interface Settings {
  readonly request: SampleRequest & { readonly count: number; readonly seed: number };
  readonly columns: number | undefined;
  readonly view: View;
  readonly duration: number;
}

type Read = (name: AttributeName) => string | null;

/** @throws RangeError with one line that says what would be right */
export function readSettings(read: Read, card: Card): Settings {
  const number = (
    name: AttributeName,
    need: string,
    fits: (value: number) => boolean,
  ): number | undefined => {
    const text = read(name);
    if (text === null || text.trim() === "") return undefined;
    const value = Number(text);
    if (!fits(value)) throw new RangeError(`invalid ${name}: ${text} (need ${need})`);
    return value;
  };
  const whole = (name: AttributeName, least: number) =>
    number(name, `an integer >= ${least}`, (value) => Number.isSafeInteger(value) && value >= least);
  const sampler = read("sampler") ?? undefined;
  const [steps, label] = [whole("steps", 1), readLabel(read("label"), card)];
  return {
    request: {
      count: whole("count", 1) ?? (isImage(card) ? defaultCount : defaultPoints),
      seed: whole("seed", 0) ?? 0,
      // The plan refuses a name that it does not know, and lists those that it does.
      ...(sampler !== undefined && { sampler: sampler as NonNullable<SampleRequest["sampler"]> }),
      ...(steps !== undefined && { steps }),
      ...(label !== undefined && { label }),
    },
    columns: whole("columns", 1),
    view: oneOf(
      "view",
      read("view") ?? "scaled",
      Object.fromEntries(views.map((view) => [view, view])),
    ) as View,
    duration: number("duration", "seconds >= 0", (value) => value >= 0) ?? defaultDuration,
  };
}

/** "3", "cat" or, one for each image, "0, 1, 2": a class by its name in the card or else by its number. */
function readLabel(text: string | null, { classes = [] }: Card): Label | Label[] | undefined {
  if (text === null || text.trim() === "") return undefined;
  const labels = text.split(",").map((part): Label => {
    const name = part.trim();
    return classes.includes(name) || !Number.isInteger(Number(name)) ? name : Number(name);
  });
  return labels.length === 1 ? labels[0] : labels;
}
