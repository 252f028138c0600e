/**
 * Noise processes as stochastic differential equations (Song et al. 2021), dx = f(t)·x dt + g(t) dw, t from 0 to 1.
 * Each is a scaling and a clock away from the coordinates that all of this project speaks,
 *
 *   x_t = scale(t)·(data + σ(t)·z),   g² = scale²·dσ²/dt,   f = d ln(scale)/dt,
 *
 * so models of one process are sampled by the methods of another; a method that discretises a particular process
 * needs its f and g.
 */

/** A process by its functions of time; σ(t) rises strictly. */
export interface Process {
  /** Noise level in variance-exploding coordinates, model units. */
  readonly sigma: (t: number) => number;
  /** The inverse of {@link Process.sigma}. */
  readonly time: (sigma: number) => number;
  /** What the data are multiplied by. */
  readonly scale: (t: number) => number;
  /** f(t). */
  readonly drift: (t: number) => number;
  /** g(t). */
  readonly diffusion: (t: number) => number;
}

/** The rate β(t) = betaMin + t·(betaMax − betaMin) at which VP and sub-VP forget the data. */
export interface BetaRange {
  readonly betaMin: number;
  readonly betaMax: number;
}

/** Song et al.'s range, the limit of DDPM's 1,000 steps from 1e-4 to 0.02. */
export const defaultBetas: BetaRange = { betaMin: 0.1, betaMax: 20 };

/** Variance exploding: nothing is scaled, σ(t) = σmin·(σmax/σmin)^t (Song et al. 2021, equation 30). */
export function ve([sigmaMin, sigmaMax]: readonly [sigmaMin: number, sigmaMax: number]): Process {
  const rate = Math.log(sigmaMax / sigmaMin);
  const sigma = (t: number) => sigmaMin * Math.exp(rate * t);
  return {
    sigma,
    time: (value) => Math.log(value / sigmaMin) / rate,
    scale: () => 1,
    drift: () => 0,
    diffusion: (t) => sigma(t) * Math.sqrt(2 * rate),
  };
}

/** Variance preserving: scale² = e^(−B), σ² = e^B − 1, B(t) = ∫β (Song et al. 2021, equation 32). */
export function vp(betas: BetaRange = defaultBetas): Process {
  const { beta, total, timeOf } = clock(betas);
  return {
    sigma: (t) => Math.sqrt(Math.expm1(total(t))),
    time: (sigma) => timeOf(Math.log1p(sigma ** 2)),
    scale: (t) => Math.exp(-total(t) / 2),
    drift: (t) => -beta(t) / 2,
    diffusion: (t) => Math.sqrt(beta(t)),
  };
}

/** Sub-VP: VP's scale with less noise, σ = e^(B/2) − e^(−B/2) = 2·sinh(B/2) (Song et al. 2021, equation 33). */
export function subVp(betas: BetaRange = defaultBetas): Process {
  const { beta, total, timeOf } = clock(betas);
  return {
    sigma: (t) => 2 * Math.sinh(total(t) / 2),
    time: (sigma) => timeOf(2 * Math.asinh(sigma / 2)),
    scale: (t) => Math.exp(-total(t) / 2),
    drift: (t) => -beta(t) / 2,
    diffusion: (t) => Math.sqrt(-beta(t) * Math.expm1(-2 * total(t))),
  };
}

/** The processes that are made by their β, by name. */
export const processes = { vp, "sub-vp": subVp } as const;
/** A key of {@link processes}. */
export type ProcessName = keyof typeof processes;

/**
 * The SDEs that samplers discretise, by name. The range of VE is only the unit of its clock, which cancels. A model that
 * was trained with other β needs no others here: between two levels of σ they say how fast a clock runs, not where it goes.
 */
export const sdes = { ve: ve([1, Math.E]), vp: vp(), "sub-vp": subVp() } as const satisfies Record<
  string,
  Process
>;
/** A key of {@link sdes}. */
export type SdeName = keyof typeof sdes;

/** β(t), its integral B(t) from 0, and the time at which B has a value. */
function clock({ betaMin, betaMax }: BetaRange) {
  const slope = betaMax - betaMin;
  return {
    beta: (t: number) => betaMin + t * slope,
    total: (t: number) => betaMin * t + (slope * t ** 2) / 2,
    // the root of slope/2·t² + betaMin·t = B, in the form that does not cancel
    timeOf: (total: number) => (2 * total) / (betaMin + Math.sqrt(betaMin ** 2 + 2 * slope * total)),
  };
}
