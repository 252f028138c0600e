import type { Card } from "@ncsn/core";
import type { Label } from "./model.ts";

/**
 * The class numbers of `count` images, −1 for none; undefined for a model without classes.
 * @throws RangeError, TypeError
 */
export function resolveLabels(
  { name, classes }: Pick<Card, "name" | "classes">,
  label: Label | readonly Label[] | undefined,
  count: number,
): Int32Array | undefined {
  if (classes === undefined) {
    if (label === undefined || label === -1) return undefined;
    throw new TypeError(`label ${String(label)} given, but ${name} knows no classes`);
  }
  const number = (label: Label): number => {
    const index = typeof label === "string" ? classes.indexOf(label) : label;
    const least = typeof label === "string" ? 0 : -1;
    if (Number.isInteger(index) && index >= least && index < classes.length) return index;
    const known = `known: ${classes.join(", ")}, or 0 to ${classes.length - 1}; -1 for none`;
    throw new RangeError(`unknown label: ${String(label)} (${known})`);
  };
  if (!Array.isArray(label)) return new Int32Array(count).fill(number((label as Label | undefined) ?? -1));
  const list = label as readonly Label[];
  if (list.length !== count)
    throw new RangeError(`invalid label: ${list.length} for ${count} images (need one for all or one each)`);
  return Int32Array.from(list, number);
}
