/** Values of the command line, from the text that was typed, so that a message can repeat it. */
import { UsageError } from "./usage-error.ts";

/** An integer ≥ `least`. @throws UsageError */
export function integer(option: string, text: string, least = 1): number {
  const value = text.trim() === "" ? NaN : Number(text);
  if (Number.isSafeInteger(value) && value >= least) return value;
  const range = value > Number.MAX_SAFE_INTEGER ? `from ${least} to 2^53 - 1` : `>= ${least}`;
  throw new UsageError(`invalid ${option}: ${text} (need an integer ${range})`);
}

/** A finite number > 0. @throws UsageError */
export function positive(option: string, text: string): number {
  const value = text.trim() === "" ? NaN : Number(text);
  if (!(value > 0 && Number.isFinite(value)))
    throw new UsageError(`invalid ${option}: ${text} (need a number > 0)`);
  return value;
}

/** Numbers ≥ `least` with commas between them. @throws UsageError */
export const numbers = (option: string, text: string, least: number): readonly number[] =>
  text.split(",").map((part) => {
    const value = part.trim() === "" ? NaN : Number(part);
    if (Number.isFinite(value) && value >= least) return value;
    const need = least === -Infinity ? "numbers" : `numbers >= ${least}`;
    throw new UsageError(`invalid ${option}: ${part || "nothing"} (need ${need} with commas between them)`);
  });

/** A key of a registry. @throws UsageError that lists them */
export function oneOf<Name extends string>(what: string, text: string, known: readonly Name[]): Name {
  const found = known.find((name) => name === text);
  if (found === undefined) throw new UsageError(`unknown ${what}: ${text} (known: ${known.join(", ")})`);
  return found;
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

/**
 * Refuses what yargs lets through: options that were typed twice, apart from those that may be, and those that want a
 * value typed as `--no-NAME`.
 * @throws UsageError
 */
export function refuseOdd(
  args: Readonly<Record<string, unknown>>,
  options: Readonly<Record<string, { readonly type?: unknown }>>,
): void {
  for (const [option, value] of Object.entries(args)) {
    const type = options[option]?.type;
    if (Array.isArray(value) && option !== "_" && type !== "array")
      throw new UsageError(`--${option} is given ${value.length} times`);
    if (type === undefined || type === "boolean") continue;
    if (value === false || (Array.isArray(value) && value.includes(false)))
      throw new UsageError(`unknown argument: no-${option} (--${option} takes a value)`);
  }
}
