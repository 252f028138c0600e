/**
 * From a request to a plan: everything that the request leaves open comes from the model's card, then from the
 * sampler's own defaults. A plan is plain data and can be sent to a worker.
 */
import {
  karrasRho,
  key,
  resolveOptions,
  samplers,
  samplingLevels,
  schedules,
  type Card,
  type NoiseLaw,
  type Sampler,
  type SamplerName,
  type ScheduleName,
  type ScheduleRange,
} from "@ncsn/core";
import {
  controlCost,
  partOfControl,
  resolveControl,
  startSigma,
  type Control,
  type ControlRequest,
} from "./control.ts";
import { resolveLabels } from "./labels.ts";
import type { Label } from "./model.ts";

/** What to sample; nothing is obligatory. */
export interface SampleRequest extends ControlRequest {
  /** Number of images; 1 unless told. */
  readonly count?: number;
  /** 0 unless told. */
  readonly seed?: number;
  /** Number of the first image: the others of the seed are left out. */
  readonly first?: number;
  /** Images per run of the network: speed and memory, never the result. */
  readonly batch?: number;
  readonly sampler?: SamplerName;
  /** Levels or intervals of the schedule. */
  readonly steps?: number;
  /** A budget of score evaluations per image, which picks the steps. */
  readonly evaluations?: number;
  readonly schedule?: ScheduleName;
  /** Lowest and highest noise level, model units; the model's range unless told. */
  readonly sigmaMin?: number;
  readonly sigmaMax?: number;
  /** Of the schedule karras. */
  readonly rho?: number;
  /** The sampler's own options. */
  readonly options?: object;
  /** Class of all images or of each, by name or number; −1 or nothing for none. */
  readonly label?: Label | readonly Label[];
  readonly signal?: AbortSignal;
}

/** A request with everything decided. */
export interface Plan {
  readonly count: number;
  readonly first: number;
  readonly seed: number;
  readonly batch: number;
  readonly sampler: SamplerName;
  readonly options: Readonly<Record<string, unknown>>;
  readonly schedule: ScheduleName;
  readonly steps: number;
  /** What the schedule was given; ρ where it is karras, which alone has one. */
  readonly range: ScheduleRange;
  /** Noise levels, model units, with the 0 at the end where the sampler goes down to it. */
  readonly sigmas: Float64Array;
  readonly prior: NoiseLaw;
  /** One per image, for models that know classes. */
  readonly labels?: Int32Array;
  readonly control: Control;
  /** Score evaluations per image; undefined where the data decide. */
  readonly evaluations: number | undefined;
  /** What will not work well, a sentence each. */
  readonly advice: readonly string[];
}

/**
 * @param batch images per run unless the request says
 * @throws RangeError, TypeError with one line that says what would be right
 */
export function resolvePlan(card: Card, request: SampleRequest, batch: number): Plan {
  const { count = 1, seed = request.interpolate?.from ?? 0, first = 0, denoise, interpolate } = request;
  const name = oneOf("sampler", request.sampler ?? card.sampler.name, samplers);
  const sampler: Sampler = samplers[name];
  key(seed); // refuses what is no seed
  // What the card says is meant for its own sampler; another one starts from its own defaults.
  const choice = name === card.sampler.name ? card.sampler : undefined;
  const options = resolveOptions(name, sampler, choice?.options ?? {}, request.options ?? {});
  const schedule = oneOf("schedule", request.schedule ?? choice?.schedule ?? sampler.schedule, schedules);
  if (request.rho !== undefined && schedule !== "karras")
    throw new RangeError(`rho is an option of the schedule karras, not of ${schedule}`);
  const labels = resolveLabels(card, request.label, wholeNumber("count", count, 1));
  const control = resolveControl(card, request, { count, first, labels });
  const cost = controlCost(control);
  const steps = stepsOf(name, sampler, options, request, cost, choice?.steps ?? sampler.steps);
  const prior = choice?.prior ?? "normal";
  if (denoise && request.sigmaMax !== undefined)
    throw new TypeError("sigmaMax and denoise exclude each other: sampling starts at the image's noise");
  if (interpolate && request.seed !== undefined)
    throw new TypeError("seed and interpolate exclude each other: give one of them");
  if (interpolate && prior !== "normal" && !denoise)
    throw new TypeError(`interpolate given, but sampling starts from ${prior} noise (need normal)`);
  const [least, most] = card.sigmaRange;
  const sigmaMin = request.sigmaMin ?? choice?.sigmaMin ?? least;
  const sigmaMax = denoise
    ? startSigma(card, denoise, sigmaMin)
    : (request.sigmaMax ?? choice?.sigmaMax ?? most);
  const rho = schedule === "karras" ? (request.rho ?? karrasRho) : undefined;
  const range = { sigmaMin, sigmaMax, ...(rho !== undefined && { rho }) };
  const sigmas = samplingLevels(sampler, schedule, steps, range);
  return {
    count,
    seed,
    first: wholeNumber("first", first, 0, 2 ** 32 - count),
    batch: wholeNumber("batch", request.batch ?? batch, 1),
    sampler: name,
    options,
    schedule,
    steps,
    range,
    sigmas,
    prior,
    ...(labels && { labels }),
    control,
    evaluations: times(cost, sampler.evaluations(steps, options)),
    advice: [...rangeAdvice(card, sigmaMin, sigmaMax), ...(sampler.advice?.(sigmas, options) ?? [])],
  };
}

/** The plan of `count` of its images, from position `from`. */
export function partOfPlan(plan: Plan, from: number, count: number, dimension: number): Plan {
  const labels = plan.labels?.slice(from, from + count);
  const control = partOfControl(plan.control, from, count, dimension);
  return { ...plan, first: plan.first + from, count, control, ...(labels && { labels }) };
}

/** A key of a registry. @throws RangeError that lists the keys */
export function oneOf<Name extends string>(
  what: string,
  name: string,
  registry: Readonly<Record<Name, unknown>>,
): Name {
  if (Object.hasOwn(registry, name)) return name as Name;
  throw new RangeError(`unknown ${what}: ${name} (known: ${Object.keys(registry).join(", ")})`);
}

/** An integer from `least` to `most`: without it 2³² − 1, where image numbers end. @throws RangeError */
export function wholeNumber(what: string, value: number, least: number, most = 2 ** 32 - 1): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  const range = value > most ? `from ${least} to ${most}` : `>= ${least}`;
  throw new RangeError(`invalid ${what}: ${String(value)} (need an integer ${range})`);
}

/** A schedule has its levels in memory, and more of them are nothing but a typing error. */
const mostSteps = 1_000_000;

function stepsOf(
  name: SamplerName,
  sampler: Sampler,
  options: object,
  request: SampleRequest,
  cost: number,
  steps: number,
): number {
  const { evaluations: budget } = request;
  if (budget === undefined) return wholeNumber("steps", request.steps ?? steps, 1, mostSteps);
  if (request.steps !== undefined)
    throw new TypeError("steps and evaluations exclude each other: give one of them");
  wholeNumber("evaluations", budget, 1, mostSteps);
  const least = times(cost, sampler.evaluations(1, options));
  if (least === undefined) throw new TypeError(`${name} decides by itself how many evaluations it takes`);
  if (least > budget)
    throw new RangeError(`invalid evaluations: ${budget} (one step of ${name} takes ${least})`);
  let [low, high] = [1, budget + 1]; // low fits, high does not: an evaluation is at most a step
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if ((times(cost, sampler.evaluations(middle, options)) ?? Infinity) <= budget) low = middle;
    else high = middle;
  }
  return low;
}

const times = (cost: number, evaluations: number | undefined): number | undefined =>
  evaluations === undefined ? undefined : cost * evaluations;

function rangeAdvice({ sigmaRange: [least, most] }: Card, sigmaMin: number, sigmaMax: number): string[] {
  const outside = [...(sigmaMin < least ? [sigmaMin] : []), ...(sigmaMax > most ? [sigmaMax] : [])];
  return outside.map(
    (sigma) => `sigma ${sigma} is outside the range that the model was trained on, [${least}, ${most}]`,
  );
}
