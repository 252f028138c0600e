/** The samplers by name. A new one is a file beside this and a line here; its oracle tests come with the line. */
import { annealedLangevin } from "./annealed-langevin.ts";
import { heun } from "./heun.ts";
import type { Sampler } from "./sampler.ts";

export { bestEpsilon, varianceRatio, type AnnealedLangevinOptions } from "./annealed-langevin.ts";
export { samplingLevels } from "./levels.ts";
export { resolveOptions } from "./options.ts";
export type { OptionRule, Sampler, Step } from "./sampler.ts";

export const samplers = { heun, "annealed-langevin": annealedLangevin } as const satisfies Record<
  string,
  Sampler
>;
/** A key of {@link samplers}. */
export type SamplerName = keyof typeof samplers;
