/** `--sampler`, `--steps`, `--schedule` and `--option`: the sampler that a file names in its card. */
import { readCard, samplers, type Card } from "@ncsn/core";
import { resolvePlan, samplingOptions, samplingRequest, type SamplingArguments } from "@ncsn/infer/node";
import type { Options } from "yargs";
import { withSampler } from "../with-sampler.ts";
import { asUsage } from "./model-file.ts";
import { text, type Typed } from "./option-values.ts";

const group = "The sampler that the file names:";

/** What of the options of `sample` a card has a place for. */
export const samplerOptions = {
  sampler: { ...samplingOptions.sampler, group },
  steps: { ...samplingOptions.steps, group },
  schedule: { ...samplingOptions.schedule, group },
  "sigma-min": { ...samplingOptions["sigma-min"], group },
  "sigma-max": { ...samplingOptions["sigma-max"], group },
  // Not an array as yargs has them, which would take the run behind it for a value.
  option: { type: "string", requiresArg: true, group, describe: samplingOptions.option.describe },
} as const satisfies Record<string, Options>;

/** What was typed, if anything was. @throws UsageError for nothing as a value, or a second one that is no option's */
export function readSampler(
  typed: Readonly<Partial<Record<keyof typeof samplerOptions, Typed>>>,
): SamplingArguments | undefined {
  const given = {
    sampler: text("sampler", typed.sampler),
    steps: text("steps", typed.steps),
    schedule: text("schedule", typed.schedule),
    "sigma-min": text("sigma-min", typed["sigma-min"]),
    "sigma-max": text("sigma-max", typed["sigma-max"]),
    option: [typed.option].flat().flatMap((pair: Typed) => text("option", pair) ?? []),
  };
  const { option, ...rest } = given;
  return option.length === 0 && Object.values(rest).every((value) => value === undefined) ? undefined : given;
}

/**
 * A model file that names the sampler which was typed, by the rules of sampling itself; advice on it goes to stderr. The
 * card has every option of it, so that it says the same to a release with other defaults.
 * @param typed of {@link readSampler}; without it the file is given back
 * @throws UsageError where the model cannot be sampled so
 */
export function sampledBy(model: Uint8Array, typed: SamplingArguments | undefined): Uint8Array {
  if (typed === undefined) return model;
  const card = readCard(model);
  const request = asUsage(() => samplingRequest(typed, card));
  const { sampler, steps, options, schedule, prior, advice } = asUsage(() => resolvePlan(card, request, 1));
  const kept = sampler === card.sampler.name ? card.sampler : undefined;
  const [sigmaMin, sigmaMax] = [request.sigmaMin ?? kept?.sigmaMin, request.sigmaMax ?? kept?.sigmaMax];
  for (const line of advice) console.error(`note: ${line}`);
  return withSampler(model, {
    name: sampler,
    steps,
    options,
    ...(schedule !== samplers[sampler].schedule && { schedule }),
    ...(sigmaMin !== undefined && { sigmaMin }),
    ...(sigmaMax !== undefined && { sigmaMax }),
    ...(prior !== "normal" && { prior }),
  });
}

/** How a model is sampled from unless told, for people. @throws UsageError where it cannot be */
export function describeSampler(card: Card): string {
  const { sampler, steps, options, schedule, evaluations } = asUsage(() => resolvePlan(card, {}, 1));
  const { sigmaMin, sigmaMax } = card.sampler;
  const ways = [
    ...(schedule === samplers[sampler].schedule ? [] : [`schedule ${schedule}`]),
    ...(sigmaMin === undefined ? [] : [`down to sigma ${sigmaMin}`]),
    ...(sigmaMax === undefined ? [] : [`from sigma ${sigmaMax}`]),
  ];
  return [
    `${sampler}, ${steps} steps`,
    ...ways,
    ...Object.entries(options).map(([name, value]) => `${name} ${String(value)}`),
    evaluations === undefined
      ? "as many evaluations as the data need"
      : `${evaluations} evaluations an image`,
  ].join(", ");
}
