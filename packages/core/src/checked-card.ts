/** Reading a card of its JSON, with every entry checked before anything computes with it. */
import { CardError } from "./metadata.ts";

/** For each entry of a card what it must be, as a test and in words. */
export type Requirements = Readonly<
  Record<string, readonly [fits: (value: unknown) => boolean, need: string]>
>;

/**
 * A card of version 1 whose entries are what they must be.
 * @param what to call it in messages
 * @param optional entries that may be absent
 * @throws CardError
 */
export function parseChecked(
  json: string,
  what: string,
  requirements: Requirements,
  optional: ReadonlySet<string> = new Set(),
): Readonly<Record<string, unknown>> {
  const card = parseObject(json, what);
  if (card.version !== 1)
    throw new CardError(`unknown ${what} version: ${String(card.version)} (this release reads version 1)`);
  for (const [name, [fits, need]] of Object.entries(requirements)) {
    if (card[name] === undefined && optional.has(name)) continue;
    if (card[name] === undefined) throw new CardError(`the ${what} lacks "${name}"`);
    if (!fits(card[name]))
      throw new CardError(`bad ${name} in the ${what}: ${show(card[name])} (need ${need})`);
  }
  return card;
}

/** Whether a value is [channels, height, width]. */
export const isSize = (value: unknown): boolean =>
  isNumbers(value, 3) && value.every((size) => Number.isInteger(size) && size > 0);

/** Whether a value is a list of texts. */
export const isNames = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((name) => typeof name === "string");

/** Whether a value is a list of at least one finite number, or of exactly `length`. */
export const isNumbers = (value: unknown, length?: number): value is number[] =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.length === (length ?? value.length) &&
  value.every((item) => Number.isFinite(item));

const show = (value: unknown): string => {
  const json = JSON.stringify(value);
  return json.length > 80 ? `${json.slice(0, 80)}…` : json;
};

/** Whether a value has entries. */
export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

function parseObject(json: string, what: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw new CardError(`the ${what} is not JSON`);
  }
  if (!isObject(value)) throw new CardError(`the ${what} is not a JSON object`);
  return value;
}
