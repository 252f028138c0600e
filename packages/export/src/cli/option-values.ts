/** Values of the command line, from the text that was typed, so that a message can repeat it. */
import { UsageError } from "./usage-error.ts";

/** An option as yargs gives it: false for `--no-NAME`, a list where it was typed more than once. */
export type Typed = string | readonly string[] | false | undefined;

/** The one text of an option, if it was given. @throws UsageError where it is given more than once, or empty */
export function text(option: string, typed: Typed): string | undefined {
  if (typed === false) throw new UsageError(`unknown argument: no-${option} (--${option} takes a value)`);
  if (typeof typed === "object") throw new UsageError(`--${option} is given ${typed.length} times`);
  if (typed === "") throw new UsageError(`invalid ${option}: nothing (need a value)`);
  return typed;
}

/** An integer from `least` to `most`, if it was given. @throws UsageError */
export function integer(
  option: string,
  typed: Typed,
  least: number,
  most = Number.MAX_SAFE_INTEGER,
): number | undefined {
  const given = text(option, typed);
  if (given === undefined) return undefined;
  const value = given.trim() === "" ? NaN : Number(given);
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
  const range = value > most ? `from ${least} to ${most}` : `>= ${least}`;
  throw new UsageError(`invalid ${option}: ${given} (need an integer ${range})`);
}

/** A finite number, if it was given. @throws UsageError */
export function finite(option: string, typed: Typed): number | undefined {
  const given = text(option, typed);
  if (given === undefined) return undefined;
  const value = given.trim() === "" ? NaN : Number(given);
  if (Number.isFinite(value)) return value;
  throw new UsageError(`invalid ${option}: ${given} (need a finite number)`);
}

/**
 * Refuses flags whose value is neither true nor false, such as `--dry-run=maybe`, which yargs takes for false.
 * @param args as they were typed
 * @throws UsageError
 */
export function refuseOddFlags(
  args: readonly string[],
  options: Readonly<Record<string, { readonly type?: string }>>,
): void {
  const plain = (name: string): string => name.replaceAll("-", "").toLowerCase();
  const flags = new Set(
    Object.keys(options).flatMap((name) => (options[name].type === "boolean" ? [plain(name)] : [])),
  );
  for (const arg of args) {
    if (arg === "--") return;
    const [, name, value] = /^--([^=]+)=(.*)$/s.exec(arg) ?? [];
    if (name !== undefined && flags.has(plain(name)) && value !== "true" && value !== "false")
      throw new UsageError(`invalid ${name}: ${value || "nothing"} (need true or false)`);
  }
}
