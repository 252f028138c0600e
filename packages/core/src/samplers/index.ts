/** The samplers by name. A new one is a file beside this and a line here; its oracle tests come with the line. */
import { ancestral, ddim, ddpm, eulerAncestral } from "./ancestral.ts";
import { annealedLangevin } from "./annealed-langevin.ts";
import { consistentAnnealed } from "./consistent-annealed.ts";
import { dpmSolver2m, sdeDpm2m } from "./dpm-solver-2m.ts";
import { edmStochastic } from "./edm-stochastic.ts";
import { eulerMaruyama } from "./euler-maruyama.ts";
import { euler } from "./euler.ts";
import { heun } from "./heun.ts";
import { langevin } from "./langevin.ts";
import { mala } from "./mala.ts";
import { predictorCorrector } from "./predictor-corrector.ts";
import { rk45 } from "./rk45.ts";
import type { Sampler } from "./sampler.ts";

export type { AncestralOptions } from "./ancestral.ts";
export { bestEpsilon, varianceRatio, type AnnealedLangevinOptions } from "./annealed-langevin.ts";
export type { ConsistentAnnealedOptions } from "./consistent-annealed.ts";
export { diagnoseLevels, langevinAdvice, type Diagnostics, type LevelDiagnosis } from "./diagnostics.ts";
export type { DpmSolverOptions } from "./dpm-solver-2m.ts";
export type { EdmStochasticOptions } from "./edm-stochastic.ts";
export type { EulerMaruyamaOptions } from "./euler-maruyama.ts";
export type { LangevinOptions } from "./langevin.ts";
export { samplingLevels } from "./levels.ts";
export type { MalaOptions } from "./mala.ts";
export { resolveOptions } from "./options.ts";
export type { PredictorCorrectorOptions } from "./predictor-corrector.ts";
export type { Rk45Options } from "./rk45.ts";
export type { OptionRule, Sampler, Step } from "./sampler.ts";

/** The probability-flow ODE first, then the reverse SDE, then Langevin dynamics. */
export const samplers = {
  heun,
  euler,
  rk45,
  "dpm-solver-2m": dpmSolver2m,
  ddim,
  "edm-stochastic": edmStochastic,
  ancestral,
  ddpm,
  "euler-ancestral": eulerAncestral,
  "sde-dpm-2m": sdeDpm2m,
  "euler-maruyama": eulerMaruyama,
  "predictor-corrector": predictorCorrector,
  "annealed-langevin": annealedLangevin,
  "consistent-annealed": consistentAnnealed,
  langevin,
  mala,
} as const satisfies Record<string, Sampler>;
/** A key of {@link samplers}. */
export type SamplerName = keyof typeof samplers;
