/** Statistics by which the oracles judge random numbers; every test is a z-score or a statistic with its critical value. */

export interface Moments {
  readonly mean: number;
  /** Population variance. */
  readonly variance: number;
  readonly skewness: number;
  /** 3 for a normal distribution. */
  readonly kurtosis: number;
}

export function moments(values: ArrayLike<number>): Moments {
  const n = values.length;
  const central = (power: number, about: number): number => {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += (values[i] - about) ** power;
    return sum / n;
  };
  const mean = central(1, 0);
  const variance = central(2, mean);
  return {
    mean,
    variance,
    skewness: central(3, mean) / variance ** 1.5,
    kurtosis: central(4, mean) / variance ** 2,
  };
}

/** Standard errors between the sample's mean and `mean`, for independent values of variance `variance`. */
export const meanZ = (values: ArrayLike<number>, mean: number, variance: number): number =>
  (moments(values).mean - mean) / Math.sqrt(variance / values.length);

/** Standard errors between the sample's variance and `variance`, for independent normal values. */
export const varianceZ = (values: ArrayLike<number>, variance: number): number =>
  (moments(values).variance / variance - 1) / Math.sqrt(2 / values.length);

/** Standard errors of a sample correlation under independence. */
export function correlationZ(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const [ma, mb] = [moments(a), moments(b)];
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] - ma.mean) * (b[i] - mb.mean);
  return sum / a.length / Math.sqrt((ma.variance * mb.variance) / a.length);
}

/** The χ² statistic of counts against one expected count, as a standard normal deviate (Wilson & Hilferty 1931). */
export function chiSquareZ(counts: ArrayLike<number>, expected: number): number {
  let chi = 0;
  for (let i = 0; i < counts.length; i++) chi += (counts[i] - expected) ** 2 / expected;
  const spread = 2 / (9 * (counts.length - 1));
  return (Math.cbrt(chi / (counts.length - 1)) - (1 - spread)) / Math.sqrt(spread);
}

/** √n times the Kolmogorov–Smirnov distance to a continuous distribution; above 2.22 with probability 1e-4. */
export function kolmogorovSmirnov(values: ArrayLike<number>, cdf: (x: number) => number): number {
  const sorted = Float64Array.from(values).sort();
  let distance = 0;
  sorted.forEach((value, i) => {
    const p = cdf(value);
    distance = Math.max(distance, p - i / sorted.length, (i + 1) / sorted.length - p);
  });
  return Math.sqrt(sorted.length) * distance;
}

/** The standard normal distribution function, within 1.5e-7 (Abramowitz & Stegun, 7.1.26). */
export function normalCdf(x: number): number {
  const t = 1 / (1 + (0.3275911 * Math.abs(x)) / Math.SQRT2);
  const series =
    t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const tail = (series * Math.exp((-x * x) / 2)) / 2;
  return x > 0 ? 1 - tail : tail;
}
