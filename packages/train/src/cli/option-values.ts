/** Values of the command line, from the text that was typed, so that a message can repeat it. */
import { UsageError } from "./usage-error.ts";

/** An integer ≥ `least`. @throws UsageError */
export function integer(option: string, text: string, least = 1): number {
  const value = text.trim() === "" ? NaN : Number(text);
  if (!Number.isSafeInteger(value) || value < least)
    throw new UsageError(`invalid ${option}: ${text} (need an integer >= ${least})`);
  return value;
}

/** A finite number > 0. @throws UsageError */
export function positive(option: string, text: string): number {
  const value = text.trim() === "" ? NaN : Number(text);
  if (!(value > 0 && Number.isFinite(value)))
    throw new UsageError(`invalid ${option}: ${text} (need a number > 0)`);
  return value;
}

/** A key of a registry. @throws UsageError that lists them */
export function oneOf<Name extends string>(what: string, text: string, known: readonly Name[]): Name {
  const found = known.find((name) => name === text);
  if (found === undefined) throw new UsageError(`unknown ${what}: ${text} (known: ${known.join(", ")})`);
  return found;
}
