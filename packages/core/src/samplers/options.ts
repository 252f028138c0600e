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

function check(option: string, value: unknown, rule: OptionRule): void {
  const [fits, wanted] = requirement(value, rule);
  if (!fits) throw new RangeError(`invalid ${option}: ${String(value)} (need ${wanted})`);
}

function requirement(value: unknown, rule: OptionRule): readonly [fits: boolean, wanted: string] {
  const { kind, choices = [], least = -Infinity, most = Infinity, above = -Infinity } = rule;
  switch (kind) {
    case "boolean":
      return [typeof value === "boolean", "true or false"];
    case "choice":
      return [choices.includes(value as string), `one of ${choices.join(", ")}`];
    case "integer":
    case "number": {
      const article = kind === "integer" ? "an integer" : "a number";
      const bound = least > -Infinity ? ` >= ${least}` : above > -Infinity ? ` > ${above}` : "";
      const range = most < Infinity ? ` from ${least} to ${most}` : bound;
      const fits =
        typeof value === "number" &&
        Number.isFinite(value) &&
        (kind === "number" || Number.isInteger(value)) &&
        value >= least &&
        value <= most &&
        value > above;
      return [fits, article + range];
    }
    default:
      return kind satisfies never;
  }
}
