import { totalmem } from "node:os";
import { isImage, type Card } from "@ncsn/core";
import { views, type Label, type Model, type View } from "../../model.ts";
import { oneOf, type Plan, type SampleRequest } from "../../plan.ts";
import { nodeDevices } from "../devices.ts";
import type { LoadOptions } from "../load.ts";
import { controlRequest, readControl, type TypedControl } from "./control-options.ts";
import { integer, positive, refuseOdd } from "./option-values.ts";
import { sampleOptions, type SampleArguments } from "./sample-options.ts";
import { samplerFlags } from "./sampler-options.ts";
import { readSampling, samplingRequest } from "./sampling-request.ts";
import { asTyped, UsageError } from "./usage-error.ts";

/** What was typed, checked as far as that goes without the model. */
export interface Typed {
  readonly load: LoadOptions;
  readonly request: SampleRequest;
  readonly label: string | undefined;
  readonly control: TypedControl;
  readonly columns: number | undefined;
  readonly scale: number | undefined;
  readonly view: View;
  /** Noise level at which to draw the score, model units. */
  readonly field: number | undefined;
  /** Points whose ways to draw. */
  readonly trajectories: number | undefined;
}

/** @throws UsageError */
export function readArguments(args: SampleArguments): Typed {
  refuseOdd(args, { ...samplerFlags, ...sampleOptions });
  const { device = "auto", view = "scaled" } = args;
  return {
    load: {
      device: asTyped(() => oneOf("device", device, registryOf(["auto", ...nodeDevices] as const))),
      threads: integer("threads", args.threads, 1),
    },
    request: {
      count: integer("count", args.count, 1),
      seed: integer("seed", args.seed, 0),
      first: integer("first", args.first, 0),
      batch: integer("batch", args.batch, 1),
      ...readSampling(args),
    },
    label: args.label,
    control: readControl(args),
    columns: integer("columns", args.columns, 1),
    scale: integer("scale", args.scale, 1, 64),
    field: positive("field", args.field),
    trajectories: integer("trajectories", args.trajectories, 1),
    view: asTyped(() => oneOf("view", view, registryOf(views))),
  };
}

/** The request as the model understands it, and what it comes to. @throws UsageError */
export async function planOf(
  model: Model,
  { request, label, control }: Typed,
  args: SampleArguments,
): Promise<{ request: SampleRequest; plan: Plan }> {
  const { card } = model;
  const count = request.count ?? (isImage(card) ? 16 : 2000);
  checkMemory(card, count);
  const whole: SampleRequest = {
    ...request,
    ...(await controlRequest(control, card)),
    count,
    options: samplingRequest(args, card).options,
    label: label === undefined ? undefined : labelsOf(card, label, count, request.first),
  };
  return { request: whole, plan: asTyped(() => model.plan(whole)) };
}

/** @throws UsageError where the samples alone are more than the machine's memory */
function checkMemory({ shape }: Card, count: number): void {
  const bytes = 4 * count * shape.reduce((a, b) => a * b, 1);
  if (bytes <= totalmem()) return;
  const [need, have] = [bytes, totalmem()].map((size) => `${(size / 1e9).toFixed(1)} GB`);
  throw new UsageError(
    `invalid count: ${count} (the samples take ${need} of memory, this machine has ${have})`,
  );
}

/** A list of names as {@link oneOf} wants it. */
const registryOf = <Name extends string>(names: readonly Name[]) =>
  Object.fromEntries(names.map((name) => [name, true])) as Record<Name, true>;

/** One label for all images, or several with commas between them: image i has the i-th, and they come round again. */
export function labelsOf(card: Card, text: string, count: number, first = 0): Label | readonly Label[] {
  if (card.classes === undefined || card.classes.includes(text)) return labelOf(card, text);
  const labels = text.split(",").map((word) => labelOf(card, word.trim()));
  if (labels.length === 1) return labels[0];
  return Array.from({ length: count }, (_, i) => labels[(first + i) % labels.length]);
}

/** A class by its name, or by its number where no class has that name. */
function labelOf({ classes }: Card, text: string): Label {
  if (classes?.includes(text) === true) return text;
  return /^-?\d+$/.test(text) ? Number(text) : text;
}
