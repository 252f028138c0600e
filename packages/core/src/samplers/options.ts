import type { OptionRule, Sampler } from "./sampler.ts";

/**
 * A sampler's options: its defaults, then each of `given` over what came before; undefined values are as if not given.
 * An option takes away the one it stands instead of.
 * @throws RangeError for an unknown option, a value that its rule refuses, or two options that exclude each other
 */
export function resolveOptions(
  name: string,
  sampler: Sampler,
  ...given: readonly object[]
): Record<string, unknown> {
  const rules = sampler.options as Readonly<Record<string, OptionRule>>;
  const options: Record<string, unknown> = { ...sampler.defaults };
  for (const layer of given) {
    const named = Object.entries(layer).filter(([, value]) => value !== undefined);
    for (const [option, value] of named) {
      if (!Object.hasOwn(rules, option)) throw new RangeError(unknown(name, option, Object.keys(rules)));
      const rule = rules[option];
      check(option, value, rule);
      if (rule.insteadOf === undefined) continue;
      if (named.some(([other]) => other === rule.insteadOf))
        throw new RangeError(`${option} and ${rule.insteadOf} exclude each other: give one of them`);
      delete options[rule.insteadOf];
    }
    Object.assign(options, Object.fromEntries(named));
  }
  return options;
}

function unknown(sampler: string, option: string, known: readonly string[]): string {
  const list = known.length === 0 ? "it has none" : `it has ${known.join(", ")}`;
  return `unknown option of ${sampler}: ${option} (${list})`;
}

function check(
  option: string,
  value: unknown,
  { kind, least = -Infinity, above = -Infinity }: OptionRule,
): void {
  const bound = least > -Infinity ? ` >= ${least}` : above > -Infinity ? ` > ${above}` : "";
  const fits =
    kind === "boolean"
      ? typeof value === "boolean"
      : typeof value === "number" &&
        Number.isFinite(value) &&
        (kind === "number" || Number.isInteger(value)) &&
        value >= least &&
        value > above;
  const wanted = { boolean: "true or false", integer: `an integer${bound}`, number: `a number${bound}` }[
    kind
  ];
  if (!fits) throw new RangeError(`invalid ${option}: ${String(value)} (need ${wanted})`);
}
