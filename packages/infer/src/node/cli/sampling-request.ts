/** Which sampler and how, on the command line: for `sample`, and for whatever else samples by a model. */
import { karrasRho, samplers, schedules, type Card } from "@ncsn/core";
import type { InferredOptionTypes, Options } from "yargs";
import { oneOf, type SampleRequest } from "../../plan.ts";
import { integer, number, positive } from "./option-values.ts";
import { samplerFlags, typedOptions } from "./sampler-options.ts";
import { asTyped } from "./usage-error.ts";

const names = (registry: object): string => Object.keys(registry).join(", ");
const text = (describe: string, defaultDescription?: string) =>
  ({ type: "string", requiresArg: true, group: "How:", describe, defaultDescription }) as const;

/** The options that choose a sampler; those of {@link samplerFlags} come beside them. */
export const samplingOptions = {
  sampler: text(`one of ${names(samplers)}`, "the model's"),
  steps: text("levels or intervals of noise", "the model's, or else the sampler's"),
  evaluations: text("as many steps as this many score evaluations an image allow"),
  schedule: text(`levels of noise: one of ${names(schedules)}`, "the sampler's"),
  "sigma-min": text("lowest level of noise", "the model's"),
  "sigma-max": text("highest level of noise", "the model's"),
  rho: text("exponent of the schedule karras", String(karrasRho)),
  option: {
    type: "array",
    string: true,
    requiresArg: true,
    group: "How:",
    describe: "an option of the sampler, NAME=VALUE; may be repeated",
  },
} as const satisfies Record<string, Options>;

/** What was typed of them, as yargs gives it; the samplers' flags are among the rest. */
export type SamplingArguments = Partial<InferredOptionTypes<typeof samplingOptions>> &
  Readonly<Record<string, unknown>>;

/** What of a request chooses the sampler. */
export type SamplingRequest = Pick<
  SampleRequest,
  "sampler" | "steps" | "evaluations" | "schedule" | "sigmaMin" | "sigmaMax" | "rho" | "options"
>;

/** What was typed, checked as far as that goes without the model. @throws UsageError */
export function readSampling(args: SamplingArguments): Omit<SamplingRequest, "options"> {
  const { sampler, schedule } = args;
  return {
    sampler: sampler === undefined ? undefined : asTyped(() => oneOf("sampler", sampler, samplers)),
    steps: integer("steps", args.steps, 1),
    evaluations: integer("evaluations", args.evaluations, 1),
    schedule: schedule === undefined ? undefined : asTyped(() => oneOf("schedule", schedule, schedules)),
    sigmaMin: positive("sigma-min", args["sigma-min"]),
    sigmaMax: positive("sigma-max", args["sigma-max"]),
    rho: number("rho", args.rho),
  };
}

/** The same with the sampler's own options, whose kinds are those of the sampler that is meant. @throws UsageError */
export function samplingRequest(args: SamplingArguments, card: Pick<Card, "sampler">): SamplingRequest {
  const request = readSampling(args);
  const options = typedOptions(request.sampler ?? card.sampler.name, args.option ?? [], args);
  return { ...request, options };
}

/** Every option that chooses how to sample. */
export const everySamplingOption = { ...samplerFlags, ...samplingOptions } as const;
