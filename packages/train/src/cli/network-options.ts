/**
 * Options of networks from the command line: `--net channels=16`, or a flag per option, both made from the defaults
 * in the networks' files. All are integers or lists of integers.
 */
import { networks, type Network, type NetworkName } from "@ncsn/core";
import { integer } from "./option-values.ts";
import { UsageError } from "./usage-error.ts";

type Values = Record<string, number | readonly number[]>;

/** The options of a network, with their defaults. */
export const defaultsOf = (name: NetworkName): Readonly<Values> => {
  const network: Network = networks[name];
  return network.defaults as Readonly<Values>;
};

/** Every option of every network. */
export const networkFlags: readonly string[] = [
  ...new Set(Object.values(networks).flatMap(({ defaults }) => Object.keys(defaults))),
];

/**
 * The options that were typed, checked against a network's defaults.
 * @param pairs `name=value`
 * @param flags values by option name, undefined where not given
 * @throws UsageError
 */
export function typedOptions(
  network: NetworkName,
  pairs: readonly string[],
  flags: Readonly<Record<string, string | undefined>>,
): Values {
  const defaults = defaultsOf(network);
  const given = new Map<string, string>();
  const typed = [
    ...Object.entries(flags).flatMap(([name, text]) => (text === undefined ? [] : [[name, text] as const])),
    ...pairs.map(splitPair),
  ];
  for (const [name, text] of typed) {
    if (!Object.hasOwn(defaults, name))
      throw new UsageError(
        `unknown option of network ${network}: ${name} (known: ${Object.keys(defaults).join(", ")})`,
      );
    if (given.has(name)) throw new UsageError(`option ${name} of network ${network} is given twice`);
    given.set(name, text);
  }
  return Object.fromEntries([...given].map(([name, text]) => [name, parse(name, text, defaults[name])]));
}

function splitPair(pair: string): readonly [string, string] {
  const at = pair.indexOf("=");
  if (at < 1) throw new UsageError(`invalid net: ${pair} (need NAME=VALUE)`);
  return [pair.slice(0, at), pair.slice(at + 1)];
}

/** A value like the default: a list of numbers may be empty, and hold 0, only where the default's is or does. */
function parse(name: string, text: string, like: number | readonly number[]): number | number[] {
  if (typeof like === "number") return integer(name, text, Math.min(like, 1));
  const words = text.split(",").filter((word) => word.trim() !== "");
  const optional = like.length === 0;
  if (words.length === 0 && !optional)
    throw new UsageError(`invalid ${name}: empty (need integers like ${like.join(",")})`);
  return words.map((word) => integer(name, word, optional ? 0 : 1));
}

/** `channels=16 multipliers=1,2,2`, as it would be typed. */
export function showOptions(options: object): string {
  return Object.entries(options as Values)
    .map(([name, value]) => `${name}=${typeof value === "number" ? value : value.join(",") || "none"}`)
    .join(" ");
}
