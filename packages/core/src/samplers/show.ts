/** A number in a sentence of advice: three digits at most. */
export const show = (value: number): string => String(Number(value.toPrecision(3)));
