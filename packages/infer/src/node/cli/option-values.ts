/** Values of the command line, from the text that was typed, so that a message can repeat it. */
import { UsageError } from "./usage-error.ts";

/** An integer from `least` to `most`; nothing for nothing. @throws UsageError */
export function integer(
  option: string,
  text: string | undefined,
  least: number,
  most = Number.MAX_SAFE_INTEGER,
): number | undefined {
  const value = number(option, text, `an integer >= ${least}`);
  if (value === undefined || (Number.isSafeInteger(value) && value >= least && value <= most)) return value;
  const range = value > most ? `from ${least} to ${most}` : `>= ${least}`;
  throw new UsageError(`invalid ${option}: ${text} (need an integer ${range})`);
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

/**
 * Refuses what yargs lets through: options that were typed twice, apart from those that may be, and those that want a
 * value typed as `--no-NAME` or with nothing.
 * @throws UsageError
 */
export function refuseOdd(
  args: Readonly<Record<string, unknown>>,
  options: Readonly<Record<string, { readonly type?: string }>>,
): void {
  for (const [option, value] of Object.entries(args)) {
    const type = options[option]?.type;
    if (Array.isArray(value) && option !== "_" && type !== "array")
      throw new UsageError(`--${option} is given ${value.length} times`);
    if (type === undefined || type === "boolean") continue;
    const typed: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (typed.includes(false))
      throw new UsageError(`unknown argument: no-${option} (--${option} takes a value)`);
    if (typed.includes("")) throw new UsageError(`invalid ${option}: nothing (need a value)`);
  }
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
