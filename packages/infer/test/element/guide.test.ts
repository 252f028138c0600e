/** docs/element.md names everything that can be set, heard and styled. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { attributes } from "../../src/element/settings.ts";

const root = join(import.meta.dirname, "../../../..");
const source = join(root, "packages/infer/src/element");
const guide = readFileSync(join(root, "docs/element.md"), "utf8");
const sources = readdirSync(source).map((file) => readFileSync(join(source, file), "utf8"));
const found = (pattern: RegExp): string[] => [
  ...new Set(sources.flatMap((text) => [...text.matchAll(pattern)].flatMap(([, name]) => name.split(" ")))),
];

it.each([
  ["attribute", Object.keys(attributes), 12],
  ["part", found(/\bpart"?(?:: |", )"([a-z ]+)"/g), 11],
  ["custom property", found(/var\((--score-sampler-[a-z]+)/g), 6],
  ["event", found(/#tell\("([a-z]+)"/g), 3],
  ["state", found(/#setState\("([a-z]+)"/g), 4],
])("has every %s", (_, names, count) => {
  expect(names).toHaveLength(count); // the pattern still finds them
  expect(names.filter((name) => !guide.includes(`\`${name}\``))).toEqual([]);
});
