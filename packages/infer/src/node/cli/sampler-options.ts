/** Options of samplers on the command line: a flag for each, made from the rules in the samplers' files, or NAME=VALUE. */
import { samplers, type OptionRule, type Sampler, type SamplerName } from "@ncsn/core";
import type { Options } from "yargs";
import { number } from "./option-values.ts";
import { UsageError } from "./usage-error.ts";

type Typed = string | boolean;

const rulesOf = (name: SamplerName): Readonly<Record<string, OptionRule>> => ({ ...samplers[name].options });

const names = Object.keys(samplers) as SamplerName[];

/** Every option of every sampler, and the samplers that have it. */
const users = new Map<string, SamplerName[]>();
for (const name of names)
  for (const option of Object.keys(rulesOf(name))) users.set(option, [...(users.get(option) ?? []), name]);

/** The flags, by their names on the command line. */
export const samplerFlags: Readonly<Record<string, Options>> = Object.fromEntries(
  [...users].map(([option, of]) => {
    const { kind } = rulesOf(of[0])[option];
    const shared = {
      group: "Options of samplers, as --option NAME=VALUE:",
      describe: descriptions(option, of),
    };
    return [
      dashed(option),
      kind === "boolean" ? { type: "boolean", ...shared } : { type: "string", requiresArg: true, ...shared },
    ];
  }),
);

/** What an option does, and which samplers mean that by it. */
function descriptions(option: string, of: readonly SamplerName[]): string {
  const meanings = new Map<string, SamplerName[]>();
  for (const name of of) {
    const { about, choices } = rulesOf(name)[option];
    const meaning = choices === undefined ? about : `${about}: ${choices.join(", ")}`;
    meanings.set(meaning, [...(meanings.get(meaning) ?? []), name]);
  }
  return [...meanings].map(([meaning, samplers]) => `${samplers.join(", ")}: ${meaning}`).join("; ");
}

/**
 * The options that were typed, as numbers and truth values; whether the sampler has them is for the plan to say.
 * @param pairs NAME=VALUE
 * @throws UsageError
 */
export function typedOptions(
  sampler: SamplerName,
  pairs: readonly string[],
  args: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const flags = [...users.keys()].map(
    (option) => [option, args[dashed(option)] as Typed | undefined] as const,
  );
  const given: Record<string, unknown> = {};
  for (const [option, value] of [...flags, ...pairs.map(splitPair)]) {
    if (value === undefined) continue;
    if (Object.hasOwn(given, option)) throw new UsageError(`option ${option} is given twice`);
    given[option] = parse(option, value, rulesOf(sampler)[option]?.kind);
  }
  return given;
}

function splitPair(pair: string): readonly [string, string] {
  const at = pair.indexOf("=");
  if (at < 1) throw new UsageError(`invalid option: ${pair} (need NAME=VALUE)`);
  return [camel(pair.slice(0, at)), pair.slice(at + 1)];
}

function parse(option: string, value: Typed, kind: OptionRule["kind"] | undefined): unknown {
  if (typeof value === "boolean" || kind === undefined) return value;
  if (kind === "choice") return value;
  if (kind !== "boolean") return number(option, value);
  return { true: true, false: false }[value] ?? value;
}

/** The samplers with their papers, evaluations and defaults, for the end of the help. */
export const samplerList = [
  "Samplers, with what N steps take in score evaluations:",
  ...names.flatMap((name) => {
    const sampler: Sampler = samplers[name];
    const { summary, schedule, steps, defaults } = sampler;
    const options = Object.entries(defaults).map(([option, value]) => ` ${dashed(option)}=${String(value)}`);
    return [
      `  ${name.padEnd(20)} ${summary}`,
      `  ${"".padEnd(20)} ${evaluationsOf(sampler)}; steps=${steps} schedule=${schedule}${options.join("")}`,
    ];
  }),
].join("\n");

/** Evaluations as a function of the steps, with the default options; all are linear in them. */
function evaluationsOf(sampler: Sampler): string {
  const [one, two] = [1, 2].map((steps) => sampler.evaluations(steps, sampler.defaults));
  if (one === undefined || two === undefined) return "as many evaluations as the data need";
  const [slope, rest] = [two - one, 2 * one - two];
  const constant = rest === 0 ? "" : rest > 0 ? ` + ${rest}` : ` - ${-rest}`;
  return `${slope === 1 ? "" : slope}N${constant} evaluations`;
}

function dashed(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function camel(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
