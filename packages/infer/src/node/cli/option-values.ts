/** Values of the command line, from the text that was typed, so that a message can repeat it. */
import { UsageError } from "./usage-error.ts";

/** An integer ≥ `least`; nothing for nothing. @throws UsageError */
export function integer(option: string, text: string | undefined, least: number): number | undefined {
  const value = number(option, text, `an integer >= ${least}`);
  if (value === undefined || (Number.isSafeInteger(value) && value >= least)) return value;
  throw new UsageError(`invalid ${option}: ${text} (need an integer >= ${least})`);
}

/** A finite number > 0; nothing for nothing. @throws UsageError */
export function positive(option: string, text: string | undefined): number | undefined {
  const value = number(option, text, "a number > 0");
  if (value === undefined || value > 0) return value;
  throw new UsageError(`invalid ${option}: ${text} (need a number > 0)`);
}

/** A finite number; nothing for nothing. @throws UsageError */
export function number(option: string, text: string | undefined, need = "a number"): number | undefined {
  if (text === undefined) return undefined;
  const value = text.trim() === "" ? NaN : Number(text);
  if (Number.isFinite(value)) return value;
  throw new UsageError(`invalid ${option}: ${text} (need ${need})`);
}

/** Refuses options that were typed twice, apart from those that may be. @throws UsageError */
export function refuseTwice(args: Readonly<Record<string, unknown>>, repeatable: readonly string[]): void {
  for (const [option, value] of Object.entries(args))
    if (Array.isArray(value) && option !== "_" && !repeatable.includes(option))
      throw new UsageError(`--${option} is given ${value.length} times`);
}
