/** Values of the command line, from the text that was typed, so that a message can repeat it. */
import { UsageError } from "./usage-error.ts";

/** The one text of an option, if it was given. @throws UsageError where it is given more than once, or empty */
export function text(option: string, typed: string | readonly string[] | undefined): string | undefined {
  if (typeof typed === "object") throw new UsageError(`--${option} is given ${typed.length} times`);
  if (typed === "") throw new UsageError(`invalid ${option}: nothing (need a value)`);
  return typed;
}

/** An integer ≥ `least`, if it was given. @throws UsageError */
export function integer(
  option: string,
  typed: string | readonly string[] | undefined,
  least: number,
): number | undefined {
  const given = text(option, typed);
  if (given === undefined) return undefined;
  const value = given.trim() === "" ? NaN : Number(given);
  if (!Number.isSafeInteger(value) || value < least)
    throw new UsageError(`invalid ${option}: ${given} (need an integer >= ${least})`);
  return value;
}
