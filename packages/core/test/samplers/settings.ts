/** Settings of every registered sampler, with which the oracles run it; a new one adds its line, or the compiler says so. */
import { resolveOptions, samplers, type Sampler, type SamplerName } from "../../src/samplers/index.ts";
import { schedules } from "../../src/schedules.ts";

/** A sampler with all that a run of it needs. */
export interface Setting {
  readonly name: SamplerName;
  readonly sampler: Sampler;
  readonly sigmas: Float64Array;
  readonly options: object;
}

export const names = Object.keys(samplers) as SamplerName[];

/** Few, coarse steps that stop while the noise is as large as the data, so that every step and every σ shows. */
export function setting(name: SamplerName, options: object = {}, steps = 8): Setting {
  const sampler: Sampler = samplers[name];
  const sigmas = schedules[sampler.schedule](steps, { sigmaMin: 0.3, sigmaMax: 3 });
  return { name, sampler, sigmas, options: resolveOptions(name, sampler, options) };
}

const settingsOf: { readonly [Name in SamplerName]: readonly object[] } = {
  heun: [{}],
  euler: [{}],
  rk45: [{ rtol: 1e-9, atol: 1e-9 }],
  "dpm-solver-2m": [{}],
  ddim: [{}],
  "edm-stochastic": [
    { sChurn: 2, sNoise: 1.1 },
    { sChurn: 40, sMin: 0.5, sMax: 2, sNoise: 1 },
  ],
  ancestral: [{}, { eta: 0.5 }],
  ddpm: [{}],
  "euler-ancestral": [{}],
  "sde-dpm-2m": [{}, { eta: 0.5 }],
  "euler-maruyama": [{ sde: "ve" }, { sde: "vp" }, { sde: "sub-vp" }],
  "predictor-corrector": [
    { sde: "ve" },
    { sde: "vp", corrections: 2, snr: 0.1 },
    { sde: "sub-vp", corrections: 0 },
    { predictor: "ancestral" },
  ],
  "annealed-langevin": [
    { epsilon: 0.04, stepsPerLevel: 2 },
    { epsilon: 0.04, stepsPerLevel: 3, denoise: false },
    { alpha: 0.02, stepsPerLevel: 4 },
  ],
  "consistent-annealed": [{}, { epsilon: 0.06 }],
  langevin: [{ alpha: 0.05 }, { alpha: 0.05, denoise: true }],
  mala: [], // accepting is not linear: its chains are in mala.test.ts
};

export const settings: readonly (readonly [title: string, setting: Setting])[] = names.flatMap((name) =>
  settingsOf[name].map((options) => [`${name} ${JSON.stringify(options)}`, setting(name, options)] as const),
);

/** Whether the last thing that a run does is to denoise, by an evaluation of its own. */
export function denoises({ name, sampler, options }: Setting): boolean {
  if ("denoise" in options) return options.denoise === true;
  return name !== "rk45" && schedules[sampler.schedule](1, { sigmaMin: 1, sigmaMax: 1 }).at(-1) === 0;
}

/** Options with which more steps take a sampler to the data; without them a part of its error stays. */
export const convergent: { readonly [Name in SamplerName]?: (steps: number) => object } = {
  rk45: (steps) => ({ rtol: 0.02 / steps, atol: 0.02 / steps }),
  "edm-stochastic": () => ({ sNoise: 1 }),
  "predictor-corrector": () => ({ snr: 0.01 }),
  langevin: (steps) => ({ alpha: 2.5 / steps }),
};
